"""The algorithms of stored passwords, one class each; `fastjango.auth.hashers` publishes them."""

from __future__ import annotations

import base64
import hashlib
import math
import warnings
from importlib import import_module
from typing import Any, ClassVar, cast

from fastjango.core.crypto import (
    RANDOM_STRING_CHARS,
    constant_time_compare,
    get_random_string,
    pbkdf2,
    to_bytes,
)
from fastjango.core.translation import gettext_noop as _

Encoded = dict[str, Any]

_BCRYPT_BYTES = 72
"""What bcrypt looks at."""

# Texts of Django's catalogs; `gettext_noop` marks them, the admin translates them.
_ALGORITHM = _("algorithm")
_HASH = _("hash")
_SALT = _("salt")
_ITERATIONS = _("iterations")
_WORK_FACTOR = _("work factor")


def mask_hash(hash: str, show: int = 6, char: str = "*") -> str:
    """Return a text with all but its first `show` characters replaced."""
    return hash[:show] + char * len(hash[show:])


def must_update_salt(salt: str, expected_entropy: float) -> bool:
    """Tell whether a salt of letters and digits has less entropy than expected (in bits)."""
    return len(salt) * math.log2(len(RANDOM_STRING_CHARS)) < expected_entropy


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


class BasePasswordHasher:
    """One algorithm of stored passwords.

    A subclass gives `algorithm`, `encode`, `verify`, `decode` and `safe_summary`. Hashers keep no
    state.

    Attributes:
        algorithm: Name of the algorithm; stored passwords begin with it and a `$`.
        library: Module that does the work, or a pair of its name and path; `None` if none does.
        salt_entropy: Bits of entropy of a new salt.
        blocking: Whether hashing is slow, and so kept off event loops.
    """

    algorithm: Any = None
    library: Any = None
    salt_entropy: int = 128
    blocking: ClassVar[bool] = True

    def _load_library(self) -> Any:
        if self.library is None:
            raise ValueError(f"Hasher {type(self).__name__!r} doesn't specify a library attribute")
        library = cast("str | tuple[str, str]", self.library)
        path = library if isinstance(library, str) else library[1]
        try:
            return import_module(path)
        except ImportError as error:
            raise ValueError(
                f"Couldn't load {type(self).__name__!r} algorithm library: {error}"
            ) from error

    def salt(self) -> Any:
        """Return a new salt of letters and digits."""
        count = math.ceil(self.salt_entropy / math.log2(len(RANDOM_STRING_CHARS)))
        return get_random_string(count, allowed_chars=RANDOM_STRING_CHARS)

    def verify(self, password: Any, encoded: str) -> bool:
        """Tell whether a password matches a stored one."""
        raise NotImplementedError("subclasses of BasePasswordHasher must provide a verify() method")

    def _check_encode_args(self, password: Any, salt: Any) -> None:
        if password is None:
            raise TypeError("password must be provided.")
        if not salt or "$" in _text(salt):
            raise ValueError("salt must be provided and cannot contain $.")

    def encode(self, password: Any, salt: Any) -> str:
        """Return what is stored for a password: at most 128 characters."""
        raise NotImplementedError(
            "subclasses of BasePasswordHasher must provide an encode() method"
        )

    def decode(self, encoded: str) -> Encoded:
        """Return the parts of a stored password: `algorithm`, `salt`, `hash` and others."""
        raise NotImplementedError(
            "subclasses of BasePasswordHasher must provide a decode() method."
        )

    def safe_summary(self, encoded: str) -> Encoded:
        """Return what may be shown of a stored password, by the name to show it under."""
        raise NotImplementedError(
            "subclasses of BasePasswordHasher must provide a safe_summary() method"
        )

    def must_update(self, encoded: str) -> bool:
        """Tell whether a stored password is of another cost than today's."""
        return False

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """Do the work that a stored password of a lower cost spares."""
        warnings.warn(
            "subclasses of BasePasswordHasher should provide a harden_runtime() method",
            stacklevel=2,
        )


class PBKDF2PasswordHasher(BasePasswordHasher):
    """PBKDF2 with HMAC-SHA256 (RFC 8018), at the cost of Django 6.1."""

    algorithm = "pbkdf2_sha256"
    iterations: int = 1_500_000
    digest: Any = staticmethod(hashlib.sha256)

    def encode(self, password: Any, salt: Any, iterations: int | None = None) -> str:
        self._check_encode_args(password, salt)
        rounds = iterations or self.iterations
        hashed = pbkdf2(password, salt, rounds, digest=self.digest)
        return f"{self.algorithm}${rounds}${_text(salt)}${_base64(hashed)}"

    def decode(self, encoded: str) -> Encoded:
        algorithm, iterations, salt, hashed = encoded.split("$", 3)
        _same(algorithm, self.algorithm)
        return {
            "algorithm": algorithm,
            "hash": hashed,
            "iterations": int(iterations),
            "salt": salt,
        }

    def verify(self, password: Any, encoded: str) -> bool:
        parts = self.decode(encoded)
        again = self.encode(password, parts["salt"], parts["iterations"])
        return constant_time_compare(encoded, again)

    def safe_summary(self, encoded: str) -> Encoded:
        parts = self.decode(encoded)
        return {
            _ALGORITHM: parts["algorithm"],
            _ITERATIONS: parts["iterations"],
            _SALT: mask_hash(parts["salt"]),
            _HASH: mask_hash(parts["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        parts = self.decode(encoded)
        weak_salt = must_update_salt(parts["salt"], self.salt_entropy)
        return parts["iterations"] != self.iterations or weak_salt

    def harden_runtime(self, password: Any, encoded: str) -> None:
        parts = self.decode(encoded)
        missing = self.iterations - parts["iterations"]
        if missing > 0:
            self.encode(password, parts["salt"], missing)


class PBKDF2SHA1PasswordHasher(PBKDF2PasswordHasher):
    """PBKDF2 with HMAC-SHA1, as other programs write it."""

    algorithm = "pbkdf2_sha1"
    digest = staticmethod(hashlib.sha1)


class Argon2PasswordHasher(BasePasswordHasher):
    """Argon2id (RFC 9106) through argon2-cffi, at the cost of Django 6.1."""

    algorithm = "argon2"
    library = "argon2"

    time_cost: int = 2
    memory_cost: int = 102400  # KiB
    parallelism: int = 8

    def encode(self, password: Any, salt: Any) -> str:
        argon2 = self._load_library()
        params = self.params()
        data: bytes = argon2.low_level.hash_secret(
            to_bytes(password),
            to_bytes(salt),
            time_cost=params.time_cost,
            memory_cost=params.memory_cost,
            parallelism=params.parallelism,
            hash_len=params.hash_len,
            type=params.type,
        )
        return self.algorithm + data.decode("ascii")

    def decode(self, encoded: str) -> Encoded:
        argon2 = self._load_library()
        algorithm, _dollar, rest = encoded.partition("$")
        _same(algorithm, self.algorithm)
        params = argon2.extract_parameters("$" + rest)
        variety, *_between, salt, hashed = rest.split("$")
        # The format leaves the padding out.
        raw = base64.b64decode(salt + "=" * (-len(salt) % 4), validate=True)
        return {
            "algorithm": algorithm,
            "hash": hashed,
            "memory_cost": params.memory_cost,
            "parallelism": params.parallelism,
            "salt": raw.decode("latin1"),
            "time_cost": params.time_cost,
            "variety": variety,
            "version": params.version,
            "params": params,
        }

    def verify(self, password: Any, encoded: str) -> bool:
        argon2 = self._load_library()
        algorithm, _dollar, rest = encoded.partition("$")
        _same(algorithm, self.algorithm)
        try:
            return bool(argon2.PasswordHasher().verify("$" + rest, password))
        except argon2.exceptions.VerificationError:
            return False

    def safe_summary(self, encoded: str) -> Encoded:
        parts = self.decode(encoded)
        return {
            _ALGORITHM: parts["algorithm"],
            _("variety"): parts["variety"],
            _("version"): parts["version"],
            _("memory cost"): parts["memory_cost"],
            _("time cost"): parts["time_cost"],
            _("parallelism"): parts["parallelism"],
            _SALT: mask_hash(parts["salt"]),
            _HASH: mask_hash(parts["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        parts = self.decode(encoded)
        current, wanted = parts["params"], self.params()
        # The salt is ours, not the library's, so its length is judged by its entropy.
        wanted.salt_len = current.salt_len
        return current != wanted or must_update_salt(parts["salt"], self.salt_entropy)

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """Do nothing: memory and lanes leave no cost that could be added up."""

    def params(self) -> Any:
        """Return the parameters of new hashes, as argon2-cffi has them."""
        argon2 = self._load_library()
        return argon2.Parameters(
            type=argon2.low_level.Type.ID,
            version=argon2.low_level.ARGON2_VERSION,
            salt_len=argon2.DEFAULT_RANDOM_SALT_LENGTH,
            hash_len=argon2.DEFAULT_HASH_LENGTH,
            time_cost=self.time_cost,
            memory_cost=self.memory_cost,
            parallelism=self.parallelism,
        )


class BCryptSHA256PasswordHasher(BasePasswordHasher):
    """bcrypt of the SHA-256 of the password, through the package `bcrypt`.

    The digest comes first because bcrypt looks at 72 bytes only.
    """

    algorithm = "bcrypt_sha256"
    digest: Any = staticmethod(hashlib.sha256)
    library = ("bcrypt", "bcrypt")
    rounds: int = 12  # doublings

    def salt(self) -> bytes:
        salt: bytes = self._load_library().gensalt(self.rounds)
        return salt

    def encode(self, password: Any, salt: Any) -> str:
        bcrypt = self._load_library()
        data = to_bytes(password)
        if self.digest is not None:
            data = self.digest(data).hexdigest().encode("ascii")
        # Newer libraries refuse longer texts, where older ones left the rest out.
        hashed: bytes = bcrypt.hashpw(data[:_BCRYPT_BYTES], to_bytes(salt))
        return f"{self.algorithm}${hashed.decode('ascii')}"

    def decode(self, encoded: str) -> Encoded:
        algorithm, _empty, variety, work_factor, data = encoded.split("$", 4)
        _same(algorithm, self.algorithm)
        return {
            "algorithm": algorithm,
            "algostr": variety,
            "checksum": data[22:],
            "salt": data[:22],
            "work_factor": int(work_factor),
        }

    def verify(self, password: Any, encoded: str) -> bool:
        algorithm, _dollar, data = encoded.partition("$")
        _same(algorithm, self.algorithm)
        return constant_time_compare(encoded, self.encode(password, data.encode("ascii")))

    def safe_summary(self, encoded: str) -> Encoded:
        parts = self.decode(encoded)
        return {
            _ALGORITHM: parts["algorithm"],
            _WORK_FACTOR: parts["work_factor"],
            _SALT: mask_hash(parts["salt"]),
            _("checksum"): mask_hash(parts["checksum"]),
        }

    def must_update(self, encoded: str) -> bool:
        return bool(self.decode(encoded)["work_factor"] != self.rounds)

    def harden_runtime(self, password: Any, encoded: str) -> None:
        _algorithm, _dollar, data = encoded.partition("$")
        salt = data[:29].encode("ascii")  # with its head, as bcrypt takes it
        rounds = int(data.split("$")[2])
        for _missing in range(2 ** max(self.rounds - rounds, 0) - 1):
            self.encode(password, salt)


class BCryptPasswordHasher(BCryptSHA256PasswordHasher):
    """bcrypt of the password itself, of which only 72 bytes count."""

    algorithm = "bcrypt"
    digest = None


class ScryptPasswordHasher(BasePasswordHasher):
    """scrypt (RFC 7914), at the cost of Django 6.1."""

    algorithm = "scrypt"
    block_size: int = 8
    maxmem: int = 0  # bytes; OpenSSL's own limit of 32 MiB
    parallelism: int = 5
    work_factor: int = 2**14

    def encode(
        self,
        password: Any,
        salt: Any,
        n: int | None = None,
        r: int | None = None,
        p: int | None = None,
    ) -> str:
        self._check_encode_args(password, salt)
        n = n or self.work_factor
        r = r or self.block_size
        p = p or self.parallelism
        hashed = hashlib.scrypt(
            to_bytes(password),
            salt=to_bytes(salt),
            n=n,
            r=r,
            p=p,
            maxmem=self.maxmem,
            dklen=64,
        )
        return f"{self.algorithm}${n}${_text(salt)}${r}${p}${_base64(hashed)}"

    def decode(self, encoded: str) -> Encoded:
        algorithm, work_factor, salt, block_size, parallelism, hashed = encoded.split("$", 6)
        _same(algorithm, self.algorithm)
        return {
            "algorithm": algorithm,
            "work_factor": int(work_factor),
            "salt": salt,
            "block_size": int(block_size),
            "parallelism": int(parallelism),
            "hash": hashed,
        }

    def verify(self, password: Any, encoded: str) -> bool:
        parts = self.decode(encoded)
        again = self.encode(
            password,
            parts["salt"],
            parts["work_factor"],
            parts["block_size"],
            parts["parallelism"],
        )
        return constant_time_compare(encoded, again)

    def safe_summary(self, encoded: str) -> Encoded:
        parts = self.decode(encoded)
        return {
            _ALGORITHM: parts["algorithm"],
            _WORK_FACTOR: parts["work_factor"],
            _("block size"): parts["block_size"],
            _("parallelism"): parts["parallelism"],
            _SALT: mask_hash(parts["salt"]),
            _HASH: mask_hash(parts["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        parts = self.decode(encoded)
        cost = (parts["work_factor"], parts["block_size"], parts["parallelism"])
        return cost != (self.work_factor, self.block_size, self.parallelism)

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """Do nothing: memory and lanes leave no cost that could be added up."""


class MD5PasswordHasher(BasePasswordHasher):
    """Salted MD5: fast, and so for tests only."""

    algorithm = "md5"
    blocking = False

    def encode(self, password: Any, salt: Any) -> str:
        self._check_encode_args(password, salt)
        hashed = hashlib.md5(to_bytes(salt) + to_bytes(password)).hexdigest()
        return f"{self.algorithm}${_text(salt)}${hashed}"

    def decode(self, encoded: str) -> Encoded:
        algorithm, salt, hashed = encoded.split("$", 2)
        _same(algorithm, self.algorithm)
        return {"algorithm": algorithm, "hash": hashed, "salt": salt}

    def verify(self, password: Any, encoded: str) -> bool:
        return constant_time_compare(encoded, self.encode(password, self.decode(encoded)["salt"]))

    def safe_summary(self, encoded: str) -> Encoded:
        parts = self.decode(encoded)
        return {
            _ALGORITHM: parts["algorithm"],
            _SALT: mask_hash(parts["salt"], show=2),
            _HASH: mask_hash(parts["hash"]),
        }

    def must_update(self, encoded: str) -> bool:
        return must_update_salt(self.decode(encoded)["salt"], self.salt_entropy)

    def harden_runtime(self, password: Any, encoded: str) -> None:
        """Do nothing: there is no cost to raise."""


def _same(algorithm: str, expected: str) -> None:
    if algorithm != expected:
        raise AssertionError(
            f"A stored password of the algorithm {algorithm!r} was given to the hasher of "
            f"{expected!r}."
        )
