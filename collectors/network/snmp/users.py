"""From a credential of the settings to an SNMPv3 user (RFC 3414, RFC 3826, RFC 7860). No value is ever said aloud."""

from __future__ import annotations

from gufo.snmp.user import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    BaseAuthKey,
    BasePrivKey,
    DesKey,
    KeyExpansion,
    KeyType,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    User,
)

from collectors.errors import Misconfigured
from collectors.settings import Credential

AUTH: dict[str, type[BaseAuthKey]] = {
    "md5": Md5Key,
    "sha": Sha1Key,
    "sha224": Sha224Key,
    "sha256": Sha256Key,
    "sha384": Sha384Key,
    "sha512": Sha512Key,
}
PRIV: dict[str, type[BasePrivKey]] = {
    "des": DesKey,
    "aes": Aes128Key,
    "aes192": Aes192Key,
    "aes256": Aes256Key,
    "aes192c": Aes192Key,
    "aes256c": Aes256Key,
}
"""The last two stretch the key as Cisco does (draft-reeder-snmpv3-usm-3desede), as most Chinese switches do too."""
_SAME = {"sha1": "sha", "aes128": "aes"}
SHORTEST = 8
"""Characters of a password at least (RFC 3414, 11.2)."""


def check(credential: Credential | None) -> None:
    """Raises Misconfigured when SNMP can do nothing with the credential. None means the community "public"."""
    if credential is None:
        return
    if credential.kind == "snmpv2c":
        if not credential.values.get("community"):
            raise _wrong(credential, "community is empty", "community 为空")
        return
    if credential.kind != "snmpv3":
        raise _wrong(credential, "SNMP takes the kinds snmpv2c and snmpv3", "SNMP 只接受 snmpv2c 和 snmpv3")
    names(credential)


def names(credential: Credential) -> tuple[str, str]:
    """The names of its authentication and privacy protocols, "" for none."""
    values = credential.values
    if not values.get("user"):
        raise _wrong(credential, "user is empty", "user 为空")
    auth = _protocol(credential, "auth", AUTH)
    priv = _protocol(credential, "priv", PRIV)
    if priv and not auth:
        raise _wrong(credential, "priv needs auth and auth_key as well", "使用 priv 时必须同时设置 auth 与 auth_key")
    return auth, priv


def _protocol(
    credential: Credential, name: str, protocols: dict[str, type[BaseAuthKey]] | dict[str, type[BasePrivKey]]
) -> str:
    protocol, key = credential.values.get(name, ""), credential.values.get(f"{name}_key", "")
    plain = protocol.lower().replace("-", "").replace("_", "")
    plain = _SAME.get(plain, plain)
    if bool(protocol) != bool(key):
        raise _wrong(credential, f"{name} and {name}_key go together", f"{name} 与 {name}_key 必须同时设置")
    if protocol and plain not in protocols:
        protocol_names = ", ".join(protocols)
        raise _wrong(credential, f"{name} is one of: {protocol_names}", f"{name} 可用：{protocol_names}")
    if key and len(key.encode()) < SHORTEST:
        raise _wrong(
            credential, f"{name}_key has fewer than {SHORTEST} characters", f"{name}_key 少于 {SHORTEST} 个字符"
        )
    return plain


def _wrong(credential: Credential, en: str, zh: str) -> Misconfigured:
    return Misconfigured(f"[credentials.{credential.name}]: {en}", f"[credentials.{credential.name}]：{zh}")


def user_of(credential: Credential) -> User:
    """The user, with its passwords made into master keys (RFC 3414, A.2). Raises Misconfigured."""
    auth, priv = names(credential)
    if not auth:
        return User(credential.values["user"])
    maker = AUTH[auth]
    auth_key = maker(maker.get_master_key(credential.values["auth_key"].encode()), key_type=KeyType.Master)
    if not priv:
        return User(credential.values["user"], auth_key=auth_key)
    master = maker.get_master_key(credential.values["priv_key"].encode())
    return User(
        credential.values["user"],
        auth_key=auth_key,
        priv_key=PRIV[priv](master, key_type=KeyType.Master),
        key_expansion=KeyExpansion.Cisco if priv.endswith("c") else KeyExpansion.Blumenthal,
    )
