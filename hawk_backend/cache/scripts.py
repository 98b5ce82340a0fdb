"""What Redis does in one step.  KEYS: fence, stamps, versions; the lease has a key of its own."""

POLLED = b":polled"
"""Field of the stamps that no table can be named: when the feed was last read, Redis's clock."""

# Stamps and versions hold for the life of one Redis process.  Whoever connects first to another
# one, restarted, promoted or restored from a snapshot, wipes them; a snapshot brings the id of
# the process that wrote it along, so it never passes for the present one.
FENCE = """
local time = redis.call('TIME')
local server = redis.pcall('INFO', 'server')
local replication = redis.pcall('INFO', 'replication')
local id = false
if type(server) == 'string' and type(replication) == 'string' then
    if not string.find(replication, 'role:master', 1, true) then
        return {'replica', time[1], time[2]}
    end
    local run = string.match(server, 'run_id:(%w+)')
    local replid = string.match(replication, 'master_replid:(%w+)')
    id = run and replid and (run .. ':' .. replid)
end
if id and redis.pcall('GET', KEYS[1]) == id then
    return {'same', time[1], time[2]}
end
local fields = redis.pcall('HKEYS', KEYS[2])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
if id then
    redis.call('SET', KEYS[1], id)
end
local reply = {id and 'wiped' or 'unfenced', time[1], time[2]}
if not fields.err then
    for _, field in ipairs(fields) do reply[#reply + 1] = field end
end
return reply
"""

# Equality alone decides, so a write retires once, however many replicas have polled it, and an
# old answer that arrives late retires once too often, never too rarely.  A table that the feed
# no longer knows is forgotten, so that it is retired when it comes back.
# A script that has removed something may write, however full Redis is: so it begins with that.
# ARGV: the moment before the versions were read, then table and version in turn.
SETTLE = """
redis.call('HDEL', KEYS[2], ':polled')
local known, given, retired = {}, {}, {}
local stored = redis.call('HGETALL', KEYS[3])
for i = 1, #stored, 2 do known[stored[i]] = stored[i + 1] end
for i = 2, #ARGV, 2 do
    local name, version = ARGV[i], ARGV[i + 1]
    given[name] = true
    if known[name] ~= version then
        if redis.call('HDEL', KEYS[2], name) == 1 then retired[#retired + 1] = name end
        redis.call('HSET', KEYS[3], name, version)
    end
end
for name in pairs(known) do
    if not given[name] then
        redis.call('HDEL', KEYS[3], name)
        if redis.call('HDEL', KEYS[2], name) == 1 then retired[#retired + 1] = name end
    end
end
redis.call('HSET', KEYS[2], ':polled', ARGV[1])
return retired
"""

# KEYS: the lease, the stamps.  ARGV: who asks, for how many milliseconds.  What never runs out is
# no lease of ours, nor is what is no text.  Where Redis is too full to note a lease, whoever asks
# may poll: the lease saves queries, and nothing rests on it.
LEASE = """
local time = redis.call('TIME')
local polled = redis.pcall('HGET', KEYS[2], ':polled')
if type(polled) ~= 'string' then polled = false end
if redis.call('PTTL', KEYS[1]) > 0 and redis.pcall('GET', KEYS[1]) ~= ARGV[1] then
    return {0, time[1], time[2], polled}
end
redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return {1, time[1], time[2], polled}
"""

RELEASE = """
if redis.pcall('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""
