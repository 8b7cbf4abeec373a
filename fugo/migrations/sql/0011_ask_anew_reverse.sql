DROP FUNCTION fugo_ask_elsewhere(uuid[], bigint[]);
DROP FUNCTION fugo_ask_anew(uuid[], uuid[], varchar, timestamptz);
DROP FUNCTION fugo_asked_through(uuid[], bigint[]);
