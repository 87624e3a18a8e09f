/*
 * reactor.pml - what comes back to a reactor: src/mpsc.h with src/wakeup.c
 * and src/reply.c. Workers push chains of replies, the server pushes its
 * orders, the reactor sleeps in its event loop.
 *
 * Threads: 0 is the reactor, 1 to PRODUCERS the workers, the last one the
 * server. See memory.pml for store buffers, run.sh for the mutants.
 */
#ifndef PRODUCERS
#define PRODUCERS 2
#endif
#ifndef MESSAGES
#define MESSAGES 2	/* of each worker */
#endif
#ifndef CAPACITY
#define CAPACITY 1	/* of the pipe, bytes: one is full at once */
#endif
#ifndef SINK
#define SINK 2		/* sizeof(sink) in wakeup_clear() */
#endif
#ifndef BATCH
#define BATCH 1		/* BATCH_MAX */
#endif

#define NODES (PRODUCERS * MESSAGES + 2)
#define QUEUES 1
#define THREADS (PRODUCERS + 2)
#define DRAIN_ORDER (NODES - 1)	/* reactor.orders[] */
#define STOP_ORDER NODES
#define REPLIES 0

#include "memory.pml"

byte pipe;			/* bytes in it */
byte pushed[PRODUCERS];		/* messages of each worker */
byte got[PRODUCERS];
byte workers_ended;
bool drain_got;
bool ended;
#ifdef M_STOP_OVERTAKES
bool stop_flag;
#endif

/* wakeup_signal(): EAGAIN when the pipe is full, which is as good. */
inline signal()
{
	d_step {
		if
		:: pipe < CAPACITY -> pipe++
		:: else
		fi
	}
}

/* reactor_push(), reactor_order() */
inline push_and_wake(me)
{
#ifdef M_SIGNAL_FIRST
	/* Mutant: the signal goes out before the publication. */
	if
	:: head[REPLIES] == NIL -> signal()
	:: else
	fi;
	push(me, REPLIES)
#elif defined(M_SLEEP_FLAG)
	/* Mutant: a flag, set by a plain store, says that the reactor sleeps.
	 * Right as long as no store is delayed. */
	push(me, REPLIES);
	if
	:: d_step { memory[FLAG] -> memory[FLAG] = false } signal()
	:: !memory[FLAG]
	fi
#else
	push(me, REPLIES);
	if
	:: MUST_WAKE -> signal()
	:: else
	fi
#endif
}

proctype worker(byte me)
{
	QUEUE_LOCALS;
	byte sent, item;

	do
	:: sent < MESSAGES ->
		/* A chain of as many as it likes; see finished(). */
		atomic {
			do
			:: sent < MESSAGES ->
				item = (me - 1) * MESSAGES + sent + 1;
				sent++;
				store(me, DATA(item), sent);
				chain_add(me, item)
			:: oldest != NIL -> item = NIL; break
			od
		}
		push_and_wake(me);
#ifdef NEVER_STOPPED
		pushed[me - 1] = sent
#endif
	:: else -> break
	od;
	workers_ended++
}

/* throng_run(): a drain at any time; the workers end first, then the stop
 * comes, or never: a reactor must not need it to see what was pushed. */
proctype server(byte me)
{
	QUEUE_LOCALS;

	chain_add(me, DRAIN_ORDER);
	push_and_wake(me);
	workers_ended == PRODUCERS;
#ifdef NEVER_STOPPED
	skip
#elif defined(M_STOP_OVERTAKES)
	/* Mutant: a flag instead of a message in the queue. */
	stop_flag = true;
	signal()
#else
	chain_add(me, STOP_ORDER);
	push_and_wake(me)
#endif
}

/* wakeup_clear(): reads until one comes back short. */
inline clear()
{
	do
	:: d_step { pipe >= SINK -> pipe = pipe - SINK }
	:: d_step { pipe < SINK -> pipe = 0 } break
	od
}

/* arrived() */
inline arrived(me, item)
{
	if
	:: item == STOP_ORDER -> stopped = true
	:: item == DRAIN_ORDER ->
		assert(!drain_got);
		drain_got = true
	:: else ->
		load(me, DATA(item), value);
		d_step {
			who = (item - 1) / MESSAGES;
			/* Once, in order, and all of it visible. */
			assert(item == who * MESSAGES + got[who] + 1);
			assert(value == got[who] + 1);
			got[who]++;
			who = 0; value = 0
		}
	fi
}

inline all_got(i)
{
	d_step {
		i = 0;
		do
		:: i < PRODUCERS -> assert(got[i] == MESSAGES); i++
		:: else -> break
		od;
		i = 0
	}
}

/* reactor_main() and reply_arrived() */
proctype reactor(byte me)
{
	QUEUE_LOCALS;
	byte pending, left, value, who, item;
	bool again, stopped;

	do
	:: stopped -> break
#ifdef M_STOP_OVERTAKES
	:: stop_flag -> break
#endif
	:: else ->
#ifdef M_SLEEP_FLAG
		store(me, FLAG, true);		/* armed, */
		if				/* and looked again */
		:: head[REPLIES] != NIL -> signal()
		:: else
		fi;
#endif
		/* epoll_wait: level-triggered; or event_active() before. */
#ifdef NEVER_STOPPED
end:
#endif
		atomic { pipe > 0 || again -> again = false };
		if
		:: pending == NIL ->
#ifdef M_TAKE_FIRST
			/* Mutant: what comes between is not taken, and its
			 * signal is thrown away. */
			take(me, REPLIES);
			clear();
#elif defined(M_NO_CLEAR)
			take(me, REPLIES);
#else
			clear();
			take(me, REPLIES);
#endif
			pending = list;
			list = NIL
		:: else
		fi;
		left = BATCH;
		do
		:: pending != NIL && left > 0 ->
			left--;
			item = pending;
			load(me, NEXT(item), pending);
			arrived(me, item);
			item = NIL
		:: else -> break
		od;
		left = 0;
#ifndef M_NOT_AGAIN
		if
		:: pending != NIL -> again = true	/* event_active() */
		:: else
		fi
#endif
	od;
	ended = true;
	assert(pending == NIL && head[REPLIES] == NIL);
	all_got(who);
	assert(drain_got)
}

init
{
	byte i;

	atomic {
		run reactor(0);
		DRAIN(0);
		i = 1;
		do
		:: i <= PRODUCERS -> run worker(i); DRAIN(i); i++
		:: else -> break
		od;
		run server(i);
		DRAIN(i);
		i = 0
	}
}

#ifdef LIVE
#ifdef NEVER_STOPPED
/* Whatever was pushed is consumed, though no stop ever comes. */
ltl consumed { [] ((pushed[0] == MESSAGES) -> <> (got[0] == MESSAGES)) &&
	[] ((pushed[0] == 1) -> <> (got[0] >= 1)) && <> drain_got }
#else
/* Everything is consumed, and the reactor ends. */
ltl ends { <> (ended && got[0] == MESSAGES) }
#endif
#endif
