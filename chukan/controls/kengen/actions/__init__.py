"""Use-cases of rights: staff with what they may do, and the one right that was approved."""

from chukan.controls.kengen.actions.grant import StaffInput, grant_approved
from chukan.controls.kengen.actions.staff import (
    Registered,
    change_staff,
    check_input,
    read_staff_list,
    register_staff,
    register_staff_by_command,
)

__all__ = [
    "Registered",
    "StaffInput",
    "change_staff",
    "check_input",
    "grant_approved",
    "read_staff_list",
    "register_staff",
    "register_staff_by_command",
]
