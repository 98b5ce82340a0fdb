"""What the browser is told of the stages before the answer, and what is told of the prompt."""

from collections.abc import Mapping, Sequence

from hawk_backend.models import TableState
from hawk_backend.pipeline.context import Context, Extraction
from hawk_backend.pipeline.fetch import TableResult
from hawk_backend.pipeline.intent import Intent
from hawk_backend.pipeline.plan import QueryPlan


def of_intent(intent: Intent) -> dict[str, object]:
    """Return what the browser is told about the intent."""
    return {
        "event": "hawk_intent",
        "intent": intent.intent,
        "instruction_type": intent.instruction_type,
        "confidence": round(intent.confidence, 3),
        "scope": intent.scope,
        "behaviour": intent.behaviour,
        "slots": intent.slots.to_dict(),
        "alternatives": [
            {"intent": other.intent, "score": round(other.score, 3)}
            for other in intent.alternatives
        ],
        "assumptions": list(intent.assumptions),
    }


def of_plan(plan: QueryPlan) -> dict[str, object]:
    """Return what the browser is told about the plan."""
    return {"event": "hawk_plan", "tables": [query.table for query in plan.queries]}


def of_table(result: TableResult) -> dict[str, object]:
    """Return what the browser is told about one table."""
    return {
        "event": "hawk_table",
        "table": result.table,
        "state": result.state,
        "reason": result.reason,
        "tier": result.tier,
        "rows": len(result.positions),
        "ms": round(result.ms, 1),
        "as_of": result.as_of.isoformat() if result.as_of else None,
        "age_s": None if result.age_s is None else round(result.age_s, 3),
    }


def of_context(context: Context, metadata: Mapping[str, object]) -> dict[str, object]:
    """Return what the browser is told about the context: its size, its digests, its ledger."""
    return {
        "event": "hawk_context",
        "chars": context.chars,
        "sha256": context.sha256,
        "data_sha256": context.data_sha256,
        "dropped": [
            {"table": omission.table, "rows": omission.rows, "reason": omission.reason}
            for omission in context.dropped
        ],
        "data_gaps": list(context.data_gaps),
        "analysis_metadata": dict(metadata),
    }


def metadata(
    intent: Intent, results: Sequence[TableResult], extraction: Extraction
) -> dict[str, object]:
    """Return the counts of a prompt, under the names that clients know."""
    return {
        "intent": intent.intent,
        "confidence": round(intent.confidence, 3),
        "data_scope": intent.scope,
        "tables_requested": len(results),
        "tables_fetched": sum(r.state in {TableState.FRESH, TableState.EMPTY} for r in results),
        "cache_hits": extraction.hits,
        "cache_misses": extraction.misses,
        "cache_hit_rate": f"{extraction.hit_rate:.1f}%",
        "total_records": sum(len(result.positions) for result in results),
        "extraction_time_ms": extraction.ms,
    }
