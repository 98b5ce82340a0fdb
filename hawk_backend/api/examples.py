"""One real answer of each operation, shortened: /docs shows them and draws their schemas from them.

A test asks every operation and holds its example to what came.
"""

from typing import Any

Example = dict[str, Any]

_STAMP = "2025-09-17T03:12:45.120000+00:00"
_RUN = "328cf0373e164d09b69b25acfeac639d"
_SHA256 = "d0a404b3a82cf86b1f70f07ed83f8eaf43556e5e64feccf771e06741f8442aa7"
_TABLE = {
    "table": "position_nav_master",
    "state": "fresh",
    "reason": None,
    "tier": "memory",
    "rows": 8,
    "ms": 0.4,
    "as_of": "2025-09-17",
    "age_s": 12.4,
}
_USAGE = {
    "prompt_tokens": 5071,
    "completion_tokens": 60,
    "total_tokens": 5131,
    "total_price": "0.0132775",
    "currency": "USD",
}

EVENTS = f"""\
data: {{"event":"hawk_started","request_id":"{_RUN}"}}

data: {{"event":"agent_message","answer":"Capacity of CNY is ","message_id":"8e89503c"}}

event: ping

data: {{"event":"message_end","message_id":"8e89503c","metadata":{{"outcome":"completed"}}}}

"""

WHOLE: Example = {
    "request_id": _RUN,
    "outcome": "completed",
    "answer": "Capacity of CNY is 1,347,500.0 …",
    "intent": {
        "intent": "hedge_utilization",
        "instruction_type": "U",
        "confidence": 0.975,
        "scope": "targeted",
        "behaviour": "proceed",
        "slots": {"currency": ["CNY"]},
        "alternatives": [],
        "assumptions": [],
    },
    "tables": [_TABLE],
    "context": {
        "chars": 17605,
        "sha256": _SHA256,
        "data_sha256": _SHA256,
        "dropped": [],
        "data_gaps": [],
        "analysis_metadata": {"total_records": 67, "cache_hit_rate": "100.0%"},
    },
    "usage": _USAGE,
    "timings_ms": {"intent": 0.6, "plan": 0.3, "fetch": 1.4, "context": 1.8, "total": 307.7},
    "conversation_id": "fb1cb096-fcfc-4dbc-8846-2fc9a358c6fb",
    "message_id": "5c70c2f6-d7c9-4c8b-bf07-857d836ce858",
    "error": None,
}

EXPLAINED: Example = {
    "intent": "hedge_utilization",
    "intents": ["hedge_utilization"],
    "negated_intents": [],
    "instruction_type": "U",
    "confidence": 0.975,
    "behaviour": "proceed",
    "scope": "targeted",
    "slots": [
        {
            "name": "currency",
            "value": ["CNY"],
            "source": "text",
            "span": [0, 3],
            "rule": "currency",
        }
    ],
    "alternatives": [],
    "assumptions": [],
    "evidence": [
        {
            "name": "intent",
            "value": "hedge_utilization",
            "source": "text",
            "span": [4, 12],
            "rule": "capacity",
        }
    ],
    "plan": {"tables": ["entity_master", "position_nav_master"]},
    "cache": [
        {"table": "entity_master", "slice": "service_role", "state": "kept", "age_s": 95.2},
    ],
}

ANALYSIS: Example = {
    "prompt": "CNY capacity",
    "category": None,
    "analysis": {
        "intent": "hedge_utilization",
        "confidence": 0.975,
        "data_scope": "targeted",
        "instruction_type": "U",
        "required_tables": ["entity_master", "position_nav_master"],
        "extracted_params": {"currency": ["CNY"], "amount": None},
    },
    "timestamp": _STAMP,
}

IN_FLIGHT: Example = {
    "runs": [
        {
            "request_id": _RUN,
            "intent": "hedge_utilization",
            "phase": "relay",
            "position": 0,
            "readers": 1,
            "events": 42,
            "chars": 1650,
            "age_s": 2.4,
        }
    ]
}

STOPPING: Example = {"request_id": _RUN, "message": "The run is being stopped."}

HEDGE_AI: Example = {
    "prompt_type": "utilization",
    "currency": "CNY",
    "user_prompt": "CNY capacity",
    "ai_processing": {
        "status": "success",
        "ai_response": "Capacity of CNY is 1,347,500.0 …",
        "error": None,
        "data_summary": {"position_nav_master": 8},
        "total_records_sent": 71,
        "conversation_id": "fb1cb096-fcfc-4dbc-8846-2fc9a358c6fb",
        "message_id": "5c70c2f6-d7c9-4c8b-bf07-857d836ce858",
        "processed_at": _STAMP,
    },
    "database_context": {"tables": [_TABLE], "total_records": 71},
    "processing_approach": "prefetched_context",
}

RETIRED: Example = {
    "message": "position_nav_master: 1 table retired.",
    "keys_cleared": 1,
    "tables": ["position_nav_master"],
    "timestamp": _STAMP,
}

WARMING: Example = {"total": 43, "done": 0, "failed": 0, "left": 43}

STATS: Example = {
    "cache_hits": 212,
    "cache_misses": 3,
    "cache_hit_rate": "98.6%",
    "total_requests": 24,
    "avg_extraction_time_ms": 8.25,
    "prompts": {"warm": 22, "partial": 1, "cold": 1, "late": 0},
    "redis_available": True,
    "cache_type": "redis",
    "memory_cache_size": 42,
    "memory_bytes": 4114307,
    "feed": {"mode": "live", "lag_s": 0.9},
    "warm": WARMING,
    "tables": {"position_nav_master": {"rows": 96, "age_s": 15.7, "hits": 14}},
}

HEALTH: Example = {
    "status": "healthy",
    "timestamp": _STAMP,
    "version": "6.0.0",
    "replica": "hawk-1:8004",
    "ready": True,
    "today": "2025-09-17",
    "today_is_fixed": False,
    "components": {"supabase": "connected", "redis": "connected", "dify": "connected"},
    "details": {"supabase": {"detail": "ok", "age_s": 1.4, "total_entities": 44}},
    "cache_stats": STATS,
}

READY: Example = {"ready": True}

STATUS: Example = {
    "application": "HAWK",
    "version": "6.0.0",
    "replica": "hawk-1:8004",
    "timestamp": _STAMP,
    "uptime_seconds": 1122.5,
    "components": {"supabase": {"status": "healthy", "total_entities": 44}},
    "source": {"discovered": True, "absent_tables": ["rate_history"], "absent_columns": {}},
    "feed": {"mode": "live", "lag_s": 1.0, "tables_watched": 33},
    "runs": {"in_flight": 0, "slots": 8, "slots_held": 0, "waiting": 0},
    "outcomes": {"completed": 22, "failed": 2},
    "usage": {"prompt_tokens": 136222, "completion_tokens": 1240, "cost": {"USD": "0.35"}},
    "last_faults": [],
}

METRICS = 'hawk_prompts_total{intent="hedge_utilization",outcome="completed"} 22.0\n'
