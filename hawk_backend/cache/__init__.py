"""Tables kept ready for use, valid by stamps.

The guarantee: a read that starts after a retirement of a table has returned, in any replica,
returns rows whose query was sent to the source after that retirement.

It holds for each table, under these assumptions:

* whoever announces a write does so after its commit, or the version feed sees the commit;
* the source is read from its primary;
* Redis is one writable server, neither a read replica nor a cluster, reached without a proxy that
  mixes connections, and lets us run INFO and scripts; without INFO tier 2 is off.

How it comes about, file by file:

    stamps       a table's stamp is a random nonce; to retire the table is to delete it
    scripts      what Redis does in one step: fence, settle, lease
    connections  each of them passes the fence before its first command
    redis        the link: Redis answers within 50 ms, or it is away
    turns        whoever asks joins a question that has not been sent yet, never one that has
    slices       the read path: stamp, then tier 1, then tier 2, then the source, in this order
    reading      one prompt's reads, all as of the stamps that it saw when it began
    keys         what names rows: everything that decides which they are
    tiers        rows of which each entry knows the stamp under which it was asked for
    feed         the database's versions, compared with those in Redis; a difference retires
    watched      which tables the database watches, and what its views read
    limits       how old rows may be all the same
    warm         tables read again before a prompt wants them
    stats        what is counted
    tasks        work that belongs to the cache, not to the prompt that happened to cause it
    futures      a prompt's own, to be left without harm to anybody else
    cache        all of it, as the rest of the house sees it

Why it holds: an entry is found only under a nonce that was read after the retirement, so it was
minted after it, and whoever filled the entry had read the nonce before he asked the source.  A
slow filler writes under his old nonce, where nobody looks.  No order of versions, no clock and no
replica's memory decides anything.
"""
