// An OpenID provider with one client, whose pages ask for a name and for consent.
import { Provider } from 'oidc-provider';

const port = Number(process.env.PORT);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{
    client_id: 'site',
    client_secret: 'secret',
    redirect_uris: ['http://testserver/oauth/node/callback/'],
    grant_types: ['authorization_code'],
    response_types: ['code'],
  }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['preferred_username'] },
  cookies: { keys: ['only-for-tests'] },
  async findAccount(ctx, id) {
    return {
      accountId: id,
      async claims() {
        return {
          sub: id,
          email: `${id}@example.com`,
          email_verified: true,
          preferred_username: id,
        };
      },
    };
  },
});
provider.listen(port, '127.0.0.1');
