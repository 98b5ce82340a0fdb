"""A stand-in for Dify: its service API on the wire, scripted faults, analysis made of the context.

It speaks HTTP/1.1 on asyncio streams instead of ASGI: an ASGI server decides when headers go out,
joins writes into chunks and ends every body well, and this one must do none of that when a script
forbids it.
"""
