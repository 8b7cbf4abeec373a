"""Principals as the doors would make them."""

from __future__ import annotations

from chukan.kernel.principal import Principal

KENPO, OTHER_KENPO, KYOKAI, SEIHO = "06132013", "06139992", "01130012", "12130019"
SHICHOSON = ("00138057", "00138065")
ALL_SHIKAKU = frozenset({("shikaku", "shokai"), ("shikaku", "koshin")})


def clerk(
    hokensha_code: str = KENPO,
    *,
    shubetsu: str = "kenpo_kumiai",
    kengen: frozenset[tuple[str, str]] = ALL_SHIKAKU,
    kojin_bango: bool = True,
) -> Principal:
    """Return an insurer's clerk at a terminal."""
    return Principal(
        channel="terminal",
        soshiki="hokensha",
        actor_id=f"clerk-{hokensha_code}",
        actor_name="見本花子",
        hokensha_code=hokensha_code,
        hokensha_shubetsu=shubetsu,
        kengen=kengen,
        kojin_bango_jimu=frozenset({"shikaku"}) if kojin_bango else frozenset(),
        terminal="T-0001",
        request_id="req-test",
    )


def machine(hokensha_code: str = KENPO, *, shubetsu: str = "kenpo_kumiai") -> Principal:
    """Return an insurer's existing system."""
    return Principal(
        channel="server_api",
        soshiki="hokensha",
        actor_id=f"client-{hokensha_code}",
        actor_name=f"client-{hokensha_code}",
        hokensha_code=hokensha_code,
        hokensha_shubetsu=shubetsu,
        kengen=ALL_SHIKAKU,
        kojin_bango_jimu=frozenset({"shikaku"}),
        request_id="req-test",
    )


def shuyaku(*, carried: tuple[str, ...] = SHICHOSON) -> Principal:
    """Return a 国保情報集約システム that carries some 市町村国保."""
    return Principal(
        channel="shuyaku",
        soshiki="hokensha",
        actor_id="client-shuyaku",
        actor_name="client-shuyaku",
        kengen=ALL_SHIKAKU,
        kojin_bango_jimu=frozenset({"shikaku"}),
        carried=frozenset(carried),
        request_id="req-test",
    )
