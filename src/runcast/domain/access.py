"""Who may do what, where: projects and their environments, API keys, people, environment variables."""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec

from runcast.domain.errors import InvalidInput

DEFAULT_PROJECT = "default"
SLUGS = ("dev", "staging", "prod", "preview")
"""The environments of every project."""
NAME_CHARS_MAX = 200
EMAIL_CHARS_MAX = 254
VARIABLE_NAME_CHARS_MAX = 256
VARIABLE_BYTES_MAX = 64 * 1024
"""Of the value of one environment variable; Linux gives a process up to 128 KiB."""
VARIABLES_BYTES_MAX = 512 * 1024
"""Of all environment variables of one environment, as they are kept: encrypted."""
VARIABLES_MAX = 1_000
"""Environment variables of one environment."""
KEYS_MAX = 1_000
"""Keys that are valid, of all environments."""
TOKENS_LISTED_MAX = 10_000
"""Public tokens of one environment that are listed; past it those without a name are made and not listed."""
PEOPLE_MAX = 10_000
PROJECTS_MAX = 1_000
_REF = "proj_"
_PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_RESERVED = ("RUNCAST_", "PYTHON", "LD_", "DYLD_")
"""Settings, and ways to run other code: whoever may set variables need not be let into the machine."""
_RESERVED_NAMES = frozenset(
    {
        "BASH_ENV",
        "GCONV_PATH",
        "GLIBC_TUNABLES",
        "OPENSSL_CONF",
        "OPENSSL_ENGINES",
        "OPENSSL_MODULES",
        "PATH",
        "SSLKEYLOGFILE",
    }
)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEY_SLUGS = {"dev": "dev", "staging": "stg", "prod": "prod", "preview": "preview"}


class Role(StrEnum):
    """What a key or a person may do; each includes the ones before."""

    VIEWER = "viewer"
    """Read."""
    OPERATOR = "operator"
    """Trigger, cancel, replay, complete, pause."""
    WORKER = "worker"
    """Execute: the keys of `runcast worker`."""
    ADMIN = "admin"
    """Keys, people, environment variables."""


# --- projects and environments


class Project(msgspec.Struct, frozen=True):
    """A namespace with environments of its own."""

    slug: str
    name: str
    created_at: int

    @property
    def ref(self) -> str:
        """As clients name it."""
        return _REF + self.slug


def check_project(slug: str) -> str:
    """The slug of a project. Raises `InvalidInput`."""
    if not _PROJECT.fullmatch(slug):
        raise InvalidInput(f"a project is 1 to 40 of a-z, 0-9 and -, got {slug[:100]!r}")
    return slug


def environment_of(project: str, slug: str) -> str:
    """How the engine names an environment; `project` is a slug or a ref.

    >>> environment_of("proj_default", "dev"), environment_of("shop", "prod")
    ('dev', 'shop/prod')
    """
    project = check_project(project.removeprefix(_REF))
    return check_environment(slug if project == DEFAULT_PROJECT else f"{project}/{slug}")


def split_environment(environment: str) -> tuple[str, str]:
    """(slug of the project, slug of the environment).

    >>> split_environment("dev"), split_environment("shop/prod")
    (('default', 'dev'), ('shop', 'prod'))
    """
    project, found, slug = environment.rpartition("/")
    return (project if found else DEFAULT_PROJECT), slug


def check_environment(environment: str) -> str:
    """The name of an environment. Raises `InvalidInput`.

    >>> check_environment("shop/prod")
    'shop/prod'
    """
    project, slug = split_environment(environment)
    if slug not in SLUGS or not _PROJECT.fullmatch(project) or environment.startswith(f"{DEFAULT_PROJECT}/"):
        raise InvalidInput(
            f"an environment is one of {', '.join(SLUGS)}, of another project `shop/dev` and so on, "
            f"got {environment[:100]!r}"
        )
    return environment


# --- keys


class ApiKey(msgspec.Struct, frozen=True):
    """A key as people see it: what admits is kept nowhere."""

    id: str
    environment: str
    role: Role
    name: str
    hint: str
    """Its last characters."""
    created_at: int
    used_at: int | None = None
    """To the minute."""
    expires_at: int | None = None
    revoked_at: int | None = None
    replaced_by: str | None = None
    """The key of a rotation."""


class NewKey(msgspec.Struct, frozen=True):
    """A key to be admitted from now on."""

    id: str
    digest: str
    hint: str
    name: str
    environment: str = "dev"
    role: Role = Role.OPERATOR
    lifetime_ms: int | None = None


def key_prefix(environment: str) -> str:
    """What a key of the environment starts with: `tr_prod_sk_`."""
    return f"tr_{_KEY_SLUGS[split_environment(environment)[1]]}_sk_"


def check_name(name: str, what: str) -> str:
    """A name that people give. Raises `InvalidInput`."""
    if not name.strip() or len(name) > NAME_CHARS_MAX or not name.isprintable():
        raise InvalidInput(f"the name of a {what} has 1 to {NAME_CHARS_MAX} printable characters, got {name[:50]!r}")
    return name


# --- people


class Person(msgspec.Struct, frozen=True):
    """Somebody who signs in; sees every environment."""

    id: str
    email: str
    name: str
    role: Role
    created_at: int
    signed_in_at: int | None = None
    disabled_at: int | None = None


class NewPerson(msgspec.Struct, frozen=True):
    """Somebody to be let in."""

    id: str
    email: str
    password: str
    """Its argon2id hash."""
    name: str = ""
    role: Role = Role.VIEWER


class PersonChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """What changes of a person; None stays. Whoever is disabled, or has another password or role, signs in anew."""

    password: str | None = None
    """The argon2id hash of another one."""
    role: Role | None = None
    disabled: bool | None = None
    name: str | None = None


def check_email(email: str) -> str:
    """An e-mail address as it is compared: in lower case. Raises `InvalidInput`."""
    email = email.strip().lower()
    if len(email) > EMAIL_CHARS_MAX or not _EMAIL.fullmatch(email) or not email.isprintable():
        raise InvalidInput(f"an e-mail address is name@host, got {email[:100]!r}")
    return email


def check_person_name(name: str) -> str:
    """How pages call somebody; may be empty. Raises `InvalidInput`."""
    return check_name(name, "person") if name else name


# --- environment variables


class Variable(msgspec.Struct, frozen=True):
    """An environment variable of the workers of an environment."""

    name: str
    value: str
    is_secret: bool = False
    """Its value is shown to workers only."""


def check_variable(variable: Variable) -> Variable:
    """Raises `InvalidInput` for a name or a value that no process can have."""
    name, value = variable.name, variable.value
    if not _VARIABLE.fullmatch(name) or len(name) > VARIABLE_NAME_CHARS_MAX:
        raise InvalidInput(f"the name of an environment variable has letters, digits and _, got {name[:100]!r}")
    if name.upper().startswith(_RESERVED) or name.upper() in _RESERVED_NAMES:
        raise InvalidInput(
            f"{name[:100]}: names that begin with {', '.join(_RESERVED)}, and {', '.join(sorted(_RESERVED_NAMES))}, decide what "
            "a process executes: set them on the worker's machine"
        )
    if "\0" in value or len(value.encode(errors="replace")) > VARIABLE_BYTES_MAX:
        raise InvalidInput(f"{name}: a value has up to {VARIABLE_BYTES_MAX:,} bytes, none of them zero")
    return variable


# --- public tokens


class NewToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A public token that is asked for."""

    id: str
    scopes: tuple[str, ...]
    environment: str = "dev"
    lifetime_ms: int = 3_600_000
    once: bool = False
    """Good for one trigger."""
    skip_columns: tuple[str, ...] = ()
    """What realtime rows leave out."""
    name: str = ""
    """What it is for: tokens of one name are revoked together."""
    made_by: str = ""
    """Who asked for it, as people read it."""


class PublicToken(msgspec.Struct, frozen=True):
    """A public token as people see it: what admits is kept nowhere."""

    id: str
    environment: str
    name: str
    scopes: tuple[str, ...]
    once: bool
    made_by: str
    created_at: int
    expires_at: int
    revoked_at: int | None = None


class Revocation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which public tokens of an environment are to admit nobody any more: one by its id or its text, or those of a name."""

    environment: str = "dev"
    id: str = ""
    token: str = ""
    name: str = ""


def check_token_name(name: str) -> str:
    """What a public token is for; may be empty. Raises `InvalidInput`."""
    return check_name(name, "public token") if name else name
