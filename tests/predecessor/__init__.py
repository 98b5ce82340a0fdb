"""The faults of the backend that this one replaces: each of them is a test that ours passes.

One module for each group of faults. A fault that a test elsewhere shows already stands here:

====================================================  =============================================
a blocking call on the loop                            every async test: tests/conftest.py
a late or hanging table holds nobody up                pipeline/test_fetch.py, test_faulty_source.py
limits of queries in flight, slowest table first       pipeline/test_reads.py
frames and tokens under every split of the bytes       pipeline/test_relay.py, clients/test_sse.py
records whole and counted under any budget             pipeline/context/test_build.py
injection in every text column                         pipeline/context/test_injection.py
a neighbour's stale or foreign rows in the cache       cache/
hits and look-ups counted once                         api/test_operations.py
rows of every intent against independent SQL           pipeline/test_rows_against_sql.py
every figure against independent SQL                   desk/test_independent_sql.py
how prompts are read, by the thousand                  pipeline/intent/test_corpora.py
another bind needs a guard; no * in ALLOWED_ORIGINS    test_settings.py
CORS exactly                                           api/test_cors.py
bounded bodies and prompts                             api/test_problems.py
what the log says of an exception                      test_observability.py
/health tells what is down, and never waits            api/test_operations.py
generation ends with its last reader, in every phase   runs/test_failures.py, runs/test_lifecycle.py
heartbeat in every silence                             api/test_event_stream.py
====================================================  =============================================
"""
