// Package bolt is the bundled engine: durable queues in one bbolt file.
//
// # The file
//
// Top-level buckets, with an area for the live messages of each queue, one for
// its dead letters, and one for each entry of the trash:
//
//	meta       format version, closed in order?, last id, last number
//	queues     name → counts, totals, the numbers of its areas
//	policies   name → policy
//	topics     topic, pattern, queue
//	trash      entry → what it was, and the areas that hold it
//	sweep      areas and histories that are being deleted, bit by bit
//	dedup      queue, deduplication id → until, message id   (forget: by time)
//	history    queue, level, start → samples                 (uptime: opened → closed)
//	area n     runs      first id → run: what one commit published to the queue
//	           marks     first id → which of the run are settled, or were delivered
//	           records   id → record: a message kept by itself
//	           ready     id          ┐
//	           due       due, id     ├ indexes of the records
//	           in flight id          ┘
//	           large     id → payload too big to be written again with its record
//
// What is published goes into runs: one value for each commit and queue, alone
// in a bucket of its own unless it is small. That is what makes publishing,
// opening and scanning fast. An ack sets a bit in the run's marks; a run whose
// messages are all settled is dropped as a whole. Only the exceptions (delayed,
// failed, dead, moved) become records, which cost a few keys each.
//
// # The life of a message
//
//	Publish ──▶ run ──▶ window ──Receive──▶ lease ──Ack──▶ bit in the marks
//	   │ (delay)          ▲ oldest id first   │
//	   ▼                  │                   ├─Nack, lease ran out─▶ record: delayed or ready, or dead
//	record: delayed ─due─▶ returned ◀─────────┴─Release (its mark is cleared, if it is in the log)
//
// The window is the front of the log in memory; returned holds the ready
// messages that are not there. A receiver gets the smaller id of the two, so
// that what comes back takes the place of its age. Leases live in memory: that
// a message was delivered is noted with the next commit, without waiting, so
// that its tries survive a crash.
//
// # A commit
//
//	callers ──▶ batch ──▶ writer: apply each ─▶ flush runs, marks, counts ─▶ sync ─▶ effects ─▶ callers
//
// One goroutine changes the file. All that arrives while it commits shares the
// next commit, and if that fails each call is tried again alone. Memory changes
// after the sync, step by step in the order of the calls (effects): nobody sees
// what might be lost. Only what leaves its place (it is settled, moved, deleted)
// is taken from receivers at once, and put back, the last first, if the commit
// fails. So calls of one commit see what those before them did to the file, but
// not yet in memory. Acks that come together go first, under one lock of their
// queue. Who reads the file may see a commit before its effects: what is read for
// the window waits for them.
//
// A commit that fails leaves nothing behind: what it wrote lies in free pages, and
// whoever uses one of these writes it as a whole. But if the header was written and
// its sync fails, the commit is in the file as all processes see it, and maybe not
// on the disk, whose header still refers to pages that are free now. Then memory
// follows the file, and the engine stops (ErrStopped); the next one to open the file
// writes the header again before anything else.
//
// bbolt syncs twice for each commit, and with a synced free list it writes all
// free pages each time, so the free list is written only at the close; after a
// crash bbolt finds the free pages by walking the tree, in which each run counts
// once.
//
// # What bounds the speed
//
// With few callers the disk: of the time from one commit to the next, writing the
// pages and syncing twice takes the most (BenchmarkCommit). A lone caller has no
// more than a bare bbolt file gives (BenchmarkFloor), about half of an append with
// one sync. With many, or with batches, the processors, too: while a sync lasts,
// the runtime keeps one of them for the writer, so that of P processors and a
// commit of n calls that syncs for S, the time T to the next one is at least
// (S + n × processor time of a call) / P. More of them than the machine has
// (GOMAXPROCS) are of no use: they delay the end of the sync. On two processors
// and a disk that syncs in 0.15 ms, receivers would gain a third or a half if
// syncs took no time. Relaxed callers wait for neither, but behind a commit's
// worth of messages (maxPendingBytes).
//
// # Memory
//
// What merely waits costs none beyond the budget that the windows share. Of what
// does cost some, being no more at the front of the log, there are only so many:
// records that are ready again (maxReturned; the others are read when it is their
// turn), messages that wait for their group (maxParked), that expired and are to
// be buried (maxExpired). What is in flight, and what of the log was given back,
// costs memory for each.
//
// Runs and payloads come and go at the speed of the disk, so their buffers are
// lent again (buffers.go): a run's when the last message of it was copied for its
// receiver, a payload's after its commit. What nobody needed for a second is let
// go.
//
// # Locks
//
// A queue's lock protects what memory knows of it. Under it may be taken: the
// writer's, the keeper's, the recorder's, the buffers', the list of flagged queues;
// two queues' are never held together. The directory of queues needs none: parts of
// it are replaced, not changed. None is held over a commit or a read of the file, but
// for the one by which a close waits for readers.
//
// # Where to look
//
//	memory        engine, directory (queues by name), queue
//	the file      layout, codec, run, marks, record, stored, samples; header, open and recover
//	the writer    writer and gather (batches), ticket (who is told before, and promises), commit and stop
//	              (and when it fails), tx and queuetx (one transaction), effects (what it means to memory),
//	              turn (how much of it time may take), note (deliveries), buffers
//	producing     publish, dedup, admit, topics
//	consuming     window and budget, returned, load (from the file); groups and order;
//	              receive, lease, deliver, settle
//	time          keeper (leases, TTLs) and delays, history
//	operators     list and scan (prefetch), inspect, locate, operate, trash and restore, admin, storage
//	the worst     stop, check, pages, salvage, compact, warm (a file that was killed), errors
package bolt
