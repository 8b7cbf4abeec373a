"""Use-cases of rights: staff with what they may do, and the one right that was approved."""

from chukan.controls.kengen.actions.end_staff import EndedStaff, end_staff_by_command
from chukan.controls.kengen.actions.grant import StaffInput, grant_approved
from chukan.controls.kengen.actions.staff import (
    change_staff,
    check_input,
    read_staff_list,
    register_staff,
    register_staff_by_command,
)
from chukan.controls.kengen.actions.staff_slip import keep_staff_slip

__all__ = [
    "EndedStaff",
    "StaffInput",
    "change_staff",
    "check_input",
    "end_staff_by_command",
    "grant_approved",
    "keep_staff_slip",
    "read_staff_list",
    "register_staff",
    "register_staff_by_command",
]
