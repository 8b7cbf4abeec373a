"""The doors of 生体認証 for those who need a confirmation before an act: begin, finish, and consume with the act."""

from chukan.controls.seitai.actions.confirm import Options, begin, consume, finish

__all__ = ["Options", "begin", "consume", "finish"]
