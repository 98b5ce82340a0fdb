"""The stand-in as a process of its own."""

import asyncio
import signal
import sys

import httpx
import pytest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_a_signal(number: signal.Signals) -> None:
    """It says where it listens, answers there, and a signal ends it well, open streams too."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hawk_backend.dev.dify", "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    url = line.split()[-1].removesuffix("/v1")
    async with httpx.AsyncClient(base_url=url) as client:
        await client.post("/control/script", json={"think": 3600})
        body = {"inputs": {}, "query": "q", "user": "u", "response_mode": "streaming"}
        headers = {"Authorization": "Bearer app-standin-chatflow"}
        request = body | {"auto_generate_name": False}
        async with client.stream(
            "POST", "/v1/chat-messages", json=request, headers=headers
        ) as response:
            assert response.status_code == 200
            process.send_signal(number)
            assert await process.wait() == 0
            with pytest.raises(httpx.RemoteProtocolError):
                await response.aread()
