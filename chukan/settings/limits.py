"""The numbers of the assessment and of the published contract, each with its source."""

from datetime import timedelta

PASSWORD_MAX_AGE = timedelta(days=90)  # 根拠: KJ-AUTH-10
LOGIN_TRIES = 5  # failures before a pause; ours
LOGIN_PAUSE = timedelta(minutes=15)
IDLE_MASK = timedelta(minutes=3)  # the screen covers itself
IDLE_WARN = timedelta(minutes=8)
IDLE_LOCK = timedelta(minutes=10)  # the server session locks
LOCKED_LOGOUT = timedelta(minutes=60)
SESSION_MAX = timedelta(hours=12)
STEP_UP_AGE = timedelta(minutes=5)
REVEAL_SECONDS = 30
OPLOG_RETENTION_YEARS = 7
UNSEALED_ALARM = timedelta(seconds=60)  # an event of the operation log unsealed for longer is shown to operators; ours
UNSEALED_STOPS_NUMBERS = timedelta(minutes=15)  # … stops showing 個人番号 and writing rows out; ours
UNSEALED_STOPS_PARTNERS = timedelta(hours=4)  # … stops serving connecting systems; ours
SEITAI_UNUSED_KEPT = timedelta(days=1)  # a confirmation nobody used; a used one is kept as long as the log; ours
REFUSED_LINES_DAYS = 7  # 訂正待ち: sealed refused lines
BANGO_CASE_KEPT = timedelta(days=365)  # a closed 個人番号の重なり, for the yearly self-inspection; ours
IDEMPOTENCY_DAYS = 7
BODY_MAX = 1024 * 1024  # bytes of a request body
FILE_MAX = 512 * 1024 * 1024  # bytes of an uploaded file
CSV_MAX = 2 * 1024 * 1024 * 1024  # bytes of the CSV after decompression
LINES_MAX = 9_999_999  # 明細 of one file: 受付明細番号 has seven digits
BLOCK_LINES = 8000  # lines of one transaction
APART_LINES = 20_000  # from so many lines on, a second process reads ahead: starting it takes a second
RESEAL_PERSONS = 200  # persons whose rows are sealed again in one transaction; registrations of them wait for it
HORYU_PERCENT = 5  # more of an insurer's valid members lost, or an item of theirs cleared, holds a file; 100: never
HORYU_LEAST = 2  # lines; one alone holds nothing, however few members there are; ours
HORYU_COUNTED = 200_000  # members counted in one statement
SEARCH_CAP = 1000  # more hits are shown as 「1,000件以上」
PAGE_SIZE = 50
SIGNATURE_CLOCK_SKEW = timedelta(seconds=30)
SIGNATURE_LIFETIME = timedelta(seconds=300)
ONSHI_BATCH = 1000  # telegrams of one call
ONSHI_BACKOFF_MAX = timedelta(minutes=10)
ONSHI_OVERDUE = timedelta(minutes=5)  # a telegram owed for longer than this is alarmed; ours
PMH_HISTORY_YEARS = 5  # 発行履歴 after the person's last loss; 根拠: KJ-RET-09
PMH_IRAI_KEPT = timedelta(days=35)  # counts of requests for the operators, who look at a week; ours
PMH_ERASE_PERSONS = 1000  # persons looked at in one step of the erasure; registrations of those that go wait for it
PMH_REVIEW_SOON = timedelta(days=30)  # an entrustment to be looked at again so soon is shown to operators; ours
FUGO_UNHEARD_AFTER = timedelta(minutes=2)  # a block whose requests are not made by then is looked at again; ours
FUGO_EARLY_WITHIN = timedelta(days=7)  # so long after its 制度 began who was registered before is looked for; ours
FUGO_FILE_FULL = 10_000  # so many waiting requests make a file at once; ours
FUGO_FILE_INTERVAL = timedelta(minutes=1)  # the oldest waiting request makes one after so long; ours
FUGO_FILE_MAX = 200_000  # requests of one file; ours
FUGO_FILE_BLOCK = 5_000  # requests read and written at a time
FUGO_FILE_LEASE = timedelta(minutes=5)  # while a process builds or sends a file; ours
FUGO_FILE_KEPT = timedelta(days=7)  # a file nobody sends is thrown away and made anew; 根拠: KJ-RET-17
FUGO_PATIENCE = timedelta(days=3)  # a request without an answer for so long is asked again; ours
FUGO_BANGO_LAG = timedelta(minutes=10)  # between the reading of a number and the stamp of its file; ours
FUGO_BACKOFF_MAX = timedelta(minutes=10)  # between two tries to hand a file over
FUGO_JURYO_KEPT = timedelta(days=400)  # counts of arrived codes; ours
FUGO_RENKEI_YEARS = 5  # 機関別符号 after the loss with all insurers but 市町村国保 and 生活保護; 根拠: KJ-RET-05
ONSHI_HITSUYO_YEARS = 20  # how long オン資 needs 資格履歴 after a loss; fewer needs a recorded basis; 根拠: KJ-RET-02
FUGO_ERASE_PERSONS = 1000  # persons looked at in one step of the erasure
FUGO_SAIHAKKO_BLOCK = 5_000  # persons of a 再発行対象者リスト extracted and asked for in one transaction
FUGO_SHONIN_KEPT = timedelta(days=7)  # how long a permission to reissue stands; ours
FUGO_WRITE_WITHIN = timedelta(hours=24)  # the extract goes to its medium so soon after the execution; ours
