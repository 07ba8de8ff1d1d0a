"use strict";
const swagger = document.getElementById("swagger-ui");
if (swagger) {
  SwaggerUIBundle({
    url: swagger.dataset.url,
    domNode: swagger,
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis],
    requestInterceptor: (request) => {
      const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
      if (token) request.headers["X-CSRFToken"] = decodeURIComponent(token[1]);
      return request;
    },
  });
}
const redoc = document.getElementById("redoc");
if (redoc) Redoc.init(redoc.dataset.url, {}, redoc);
