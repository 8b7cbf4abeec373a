DROP FUNCTION fugo_desk_requests(text, uuid, varchar, uuid, uuid, timestamptz, integer);
DROP FUNCTION fugo_desk_file(uuid);
DROP FUNCTION fugo_desk_counts(timestamptz, integer);
