"""Doors that every stand-in has: style, life sign, and the switching of faults by form and by JSON."""

from http import HTTPStatus
from pathlib import Path

from simulators.shell import pages
from simulators.shell.answers import Answer, Request, html_answer, json_answer, problem, see
from simulators.shell.server import App, Routes

STYLE = Path(__file__).with_name("style.css")


def _style(app: App, request: Request) -> Answer:
    del app, request
    return Answer(HTTPStatus.OK, STYLE.read_bytes(), "text/css; charset=utf-8")


def _no_icon(app: App, request: Request) -> Answer:
    del app, request
    return Answer(HTTPStatus.NO_CONTENT)


def _live(app: App, request: Request) -> Answer:
    del app, request
    return json_answer({"jotai": "ok"})


def _sim_faults(app: App, request: Request) -> Answer:
    if request.body:
        try:
            app.plan.current = app.plan.current.changed_by(request.json())
        except (ValueError, AttributeError) as error:
            return problem(HTTPStatus.BAD_REQUEST, "futo_fusei", str(error))
        app.dice.reset()
    return json_answer(app.plan.current.as_dict())


def _fault_form(app: App, request: Request) -> Answer:
    try:
        app.plan.current = app.plan.current.changed_by_form(request.form)
    except ValueError as error:
        return html_answer(pages.mistake(str(error), system="訓練用の障害"), HTTPStatus.BAD_REQUEST)
    app.dice.reset()
    return see("/")


def _faults_off(app: App, request: Request) -> Answer:
    del request
    app.plan.current = type(app.plan.current)()
    app.dice.reset()
    return see("/")


def forget_faults(app: App) -> None:
    """No faults, and none has ever happened."""
    app.dice.forget()
    app.plan.current = type(app.plan.current)()


COMMON: Routes[App] = {
    "GET": {"/style.css": _style, "/favicon.ico": _no_icon, "/health/live": _live, "/_sim/faults": _sim_faults},
    "POST": {"/futo": _fault_form, "/futo/teishi": _faults_off, "/_sim/faults": _sim_faults},
}
