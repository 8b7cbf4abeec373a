"""Stand-in for マイナポータル, only as far as vaccination needs it: the PMH仮名識別子 and the resident's 予診票."""
