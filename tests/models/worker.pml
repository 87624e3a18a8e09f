/*
 * worker.pml - a worker between reactors: src/mpsc.h with src/park.c,
 * src/work.c and take_back() of src/dispatch.c. Reactors push chains of jobs
 * into its inbox; it works on one at a time, leaves what else it took in
 * `rest`, gives back each job at once, owes the wakeup for a while, and
 * sleeps in its park. A reactor that looks takes back what has not been
 * begun, whoever's it is. Jobs are used again: their links are overwritten by
 * the next push.
 *
 * A reactor sleeps until it is woken, or until it looks; there are LOOKS of
 * those at any time, of which none may be needed: handlers return here.
 * STUCK: one may not, then there are looks without end, and all but
 * its job must come home.
 *
 * The stop comes: without looks, when nobody will push any more, while jobs
 * wait; with looks, when all jobs are back; UNDRAINED: at any time, as where a
 * deadline has passed. Then jobs may be left behind it, but it must arrive.
 *
 * Threads: 0 is the worker, 1 to REACTORS the reactors, the last one the
 * server. See memory.pml for store buffers, run.sh for the mutants.
 */
#ifndef REACTORS
#define REACTORS 2
#endif
#ifndef JOBS
#define JOBS 1		/* of each reactor */
#endif
#ifndef ROUNDS
#define ROUNDS 2	/* how many times each job is worked on */
#endif
#ifndef LOOKS
#define LOOKS 0		/* of all reactors together */
#endif
#ifndef SPURIOUS
#define SPURIOUS 1	/* how often pthread_cond_wait() returns for nothing */
#endif

#define NODES (REACTORS * JOBS + 1)
#define STOP NODES		/* worker.stop */
#define QUEUES (REACTORS + 1)
#define THREADS (REACTORS + 2)
#define INBOX 0			/* queue r is the replies of reactor r */
#define HOME(job) (((job) - 1) / JOBS + 1)
#define DONE 100		/* added to the payload by the handler, */
#define UNWORKED 50		/* and by who takes the job back for another */

#include "memory.pml"

bool locked;			/* struct park */
bool signalled;
bool waiting;			/* in pthread_cond_wait() */
byte spurious;
bool pipe[QUEUES];		/* struct wakeup of reactor r: one byte */
byte all_pushed;		/* reactors that will push no more */
byte all_back;			/* reactors that have all back */
byte away;			/* jobs that are not at home */
byte looks;			/* so far */
bool late;			/* the handler does not return */
bool ended;
#ifdef M_STOP_OVERTAKES
bool stop_flag;
#endif

/* pthread_mutex_lock() */
inline lock() { atomic { !locked -> locked = true } }

/* park_signal() */
inline park_signal()
{
	lock();
	atomic {
		signalled = true;
		waiting = false		/* pthread_cond_signal() */
	}
	locked = false
}

/* park_wait() */
inline park_wait()
{
	lock();
#ifdef M_PARK_FORGETS
	/* Mutant: only signals from now on count. */
	signalled = false;
#endif
#ifdef M_SLEEP_UNLOOKED
	/* Mutant: does not look whether there was a signal already. */
	atomic { waiting = true; locked = false };
	atomic { !waiting && !locked -> locked = true };
#endif
	do
	:: signalled -> break
	:: else ->
		/* pthread_cond_wait(): lets go and waits in one step. */
		atomic { waiting = true; locked = false };
#if defined(NEVER_STOPPED) || defined(STUCK)
end:
#endif
		if
		:: atomic { !waiting && !locked -> locked = true }
		:: atomic { spurious < SPURIOUS && waiting && !locked ->
			spurious++; waiting = false; locked = true }
		fi
	od;
	signalled = false;
	locked = false
}

/* pool_push() */
inline pool_push(me)
{
#ifdef M_SIGNAL_FIRST
	if
	:: head[INBOX] == NIL -> park_signal()
	:: else
	fi;
	push(me, INBOX)
#else
	push(me, INBOX);
	if
	:: MUST_WAKE -> park_signal()
	:: else
	fi
#endif
}

/* Exchange of `rest`, acquire. It comes behind the thread's own stores to
 * it, and is in no hurry to be behind others. */
inline exchange_rest(me, result)
{
	d_step { AT_HOME(me, REST) -> result = memory[REST]; memory[REST] = NIL }
}

/* The mutants': read, then cleared. */
inline split_rest(me, result)
{
	d_step { AT_HOME(me, REST) -> result = memory[REST] };
	memory[REST] = NIL
}

/* wake_owed() */
inline wake_owed()
{
	atomic {
		if
		:: owed != NIL -> pipe[owed] = true; owed = NIL
		:: else
		fi
	}
}

/* finished() */
inline finished(me)
{
	home = HOME(job);
	chain_add(me, job);
	job = NIL;
	push(me, home);
	if
	:: was_empty && owed != home ->
#ifndef M_OWED_FORGOTTEN
		/* Mutant: another reactor's wakeup takes its place. */
		wake_owed();
#endif
		owed = home
	:: else
	fi;
	home = NIL;
	if			/* many, or old */
	:: owed != NIL -> wake_owed()
	:: true
	fi
}

/* take_one(): sets job. */
inline take_one(me)
{
#ifdef M_INBOX_FIRST
	/* Mutant: `rest` is written over. */
	take(me, INBOX);
	if
	:: list == NIL -> exchange_rest(me, list)
	:: else
	fi;
#else
#ifdef M_REST_SPLIT
	split_rest(me, list);
#else
	exchange_rest(me, list);
#endif
	if
	:: list == NIL -> take(me, INBOX)
	:: else
	fi;
#endif
#ifndef M_REST_LATE
	if
	:: atomic { list != NIL -> load(me, NEXT(list), after) };
		if
		:: after != NIL -> store(me, REST, after)
		:: else
		fi
	:: else
	fi;
#endif
	atomic { job = list; list = NIL; after = NIL }
}

/* process_job() */
inline process(me)
{
	atomic {
		load(me, DATA(job), value);
		/* Once, in order, and all of it visible. */
		assert(value > seen_of[HOME(job) - 1] && value < UNWORKED);
		seen_of[HOME(job) - 1] = value
	}
#ifdef STUCK
	if
	:: true
	:: atomic { late = true };
end_stuck:	false			/* the handler never returns */
	fi;
#endif
	atomic { store(me, DATA(job), value + DONE); value = 0 }
}

/* serve() */
proctype worker(byte me)
{
	QUEUE_LOCALS;
	byte job, value, home, owed;
	byte seen_of[REACTORS];
#ifdef M_REST_LATE
	byte last;
#endif

	do
#ifdef M_STOP_OVERTAKES
	:: stop_flag -> break
	:: !stop_flag ->
#else
	:: true ->
#endif
		take_one(me);
		if
		:: job == NIL ->
#ifndef M_SLEEP_OWING
			wake_owed();
#endif
			park_wait()
		:: job == STOP ->
#ifndef M_END_OWING
			wake_owed();
#endif
			break
		:: else ->
#ifdef M_REST_LATE
			last = job;
#endif
			process(me);
			finished(me);
#ifdef M_REST_LATE
			/* Mutant: by now the job may be its reactor's again. */
			load(me, NEXT(last), after);
			if
			:: after != NIL -> store(me, REST, after)
			:: else
			fi;
			after = NIL
#endif
		fi
	od;
#ifndef UNDRAINED
	assert(head[INBOX] == NIL && memory[REST] == NIL);
#endif
	ended = true
}

/* A job of this reactor's is at home. */
#define BACK(j) sent[(j) - 1 - (r - 1) * JOBS]
#define TIMES(j) times[(j) - 1 - (r - 1) * JOBS]

/* reply_job(): it is done, or was taken back by another reactor. */
inline reply_job()
{
	atomic {
		load(r, DATA(job), value);
		assert(HOME(job) == r && BACK(job) != 0);
		if
		:: value == BACK(job) + DONE ->
			TIMES(job)++;
			if
			:: TIMES(job) < ROUNDS -> ready++
			:: else -> served++
			fi
		:: else ->
			assert(value == BACK(job) + UNWORKED);
			ready++
		fi;
		BACK(job) = 0;
		away--;
		job = NIL; value = 0
	}
}

/* reply_look() */
inline reply_look()
{
	take(r, r);
	do
	:: list != NIL ->
		atomic { job = list; load(r, NEXT(job), list) };
		reply_job()
	:: else -> break
	od
}

/* take_back() of one that is not this reactor's. */
inline send_home()
{
#ifdef M_MARK_LATE
	/* Mutant: marked when it is no longer this thread's. */
	value = job;
#else
	atomic { load(r, DATA(job), value); assert(value < UNWORKED) };
	atomic { store(r, DATA(job), value + UNWORKED); value = 0 };
#endif
	chain_add(r, job);
	push(r, HOME(job));
#ifndef M_HOME_UNWOKEN
	/* Mutant: the other reactor is not told. */
	if
	:: was_empty -> pipe[HOME(job)] = true
	:: else
	fi;
#endif
#ifdef M_MARK_LATE
	load(r, DATA(value), byte_at2);
	store(r, DATA(value), byte_at2 + UNWORKED);
	value = 0; byte_at2 = 0;
#endif
	job = NIL
}

/* pool_reclaim(): sets back, newest first. */
inline pool_reclaim()
{
#ifdef M_RECLAIM_SPLIT
	split_rest(r, first);
#else
	exchange_rest(r, first);
#endif
#ifndef M_NO_INBOX
	/* Mutant: what the worker has not taken stays there. */
	take(r, INBOX);
#endif
	reverse(r, first, back);
#ifdef M_RECLAIM_LOSES
	/* Mutant: the second list is not linked to the first. */
	back = NIL;
#endif
	reverse(r, list, back)
}

/* take_back() */
inline take_back()
{
	pool_reclaim();
	do
	:: back != NIL ->
#ifdef M_NEXT_AFTER
		job = back;
#else
		atomic { job = back; load(r, NEXT(job), back) };
#endif
		if
		:: job == STOP ->
#ifdef M_STOP_LOST
			/* Mutant: as if it were nobody's. */
			skip;
#elif defined(M_STOP_UNSIGNALLED)
			/* Mutant: the worker is not told. */
			chain_add(r, STOP);
			push(r, INBOX);
#else
			chain_add(r, STOP);
			pool_push(r);
#endif
			job = NIL
		:: job != STOP && HOME(job) == r ->
			/* reply_unworked() */
			atomic {
				load(r, DATA(job), value);
				assert(BACK(job) != 0 && value == BACK(job));
				BACK(job) = 0;
				ready++;
				away--;
				job = NIL; value = 0
			}
		:: else ->
#ifdef M_NEXT_AFTER
			last = job;
#endif
			send_home()
		fi;
#ifdef M_NEXT_AFTER
		/* Mutant: by now the job may be someone else's. */
		load(r, NEXT(back), back)
#endif
	:: else -> break
	od
}

/* A chain of as many of the jobs that are at home as it likes. */
inline hand_over()
{
	atomic {
		i = 0;
		do
		:: i < JOBS ->
			if
			:: sent[i] == 0 && times[i] < ROUNDS ->
				ready--;
				away++;
				count++;
				sent[i] = count;
				store(r, DATA((r - 1) * JOBS + i + 1), count);
				chain_add(r, (r - 1) * JOBS + i + 1);
				if
				:: true -> break
				:: ready > 0
				fi
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0
	}
	pool_push(r)
}

proctype reactor(byte r)
{
	QUEUE_LOCALS;
	byte job, value, i;
	byte count;		/* of sendings: numbers them */
	byte ready = JOBS;	/* at home, and to be worked on */
	byte served;		/* at home, done for good */
	byte sent[JOBS];	/* the number; 0: it is at home */
	byte times[JOBS];	/* it was worked on */
#if LOOKS > 0 || defined(STUCK)
	byte back, first;	/* of pool_reclaim() */
#endif
#ifdef M_NEXT_AFTER
	byte last;
#endif
#ifdef M_MARK_LATE
	byte byte_at2;
#endif

	do
	:: served == JOBS -> break
	:: ready > 0 && !late ->
		hand_over();
#if LOOKS == 0
		if
		:: count == ROUNDS * JOBS -> all_pushed++
		:: else
		fi
#endif
	/* reply_arrived(): clear, then take. */
	:: atomic { pipe[r] -> pipe[r] = false };
		reply_look()
#ifdef STUCK
	/* look(), again and again. */
	:: late ->
#ifndef M_NO_LOOK
		/* Mutant: only what its worker pays for is looked at. */
		reply_look();
#endif
		take_back()
#elif LOOKS > 0
	/* look(), while it has jobs out; a worker may be late. */
	:: atomic { looks < LOOKS && ready + served < JOBS -> looks++ };
		reply_look();
		if
		:: take_back()
		:: true
		fi
#endif
#ifdef UNDRAINED
	/* JOB_STOP, when the worker has ended. */
	:: ended -> goto left
#endif
#ifdef STUCK
	:: false		/* so that there is always an end */
#endif
	od;
	all_back++;
left:	skip
}

/* pool_stop() */
proctype server(byte me)
{
	QUEUE_LOCALS;

#ifdef UNDRAINED
	skip;
#elif LOOKS > 0
	all_back == REACTORS;
#else
	/* Nobody pushes any more, but jobs may wait. */
	all_pushed == REACTORS;
#endif
#if defined(NEVER_STOPPED) || defined(STUCK)
	skip
#elif defined(M_STOP_OVERTAKES)
	/* Mutant: a flag instead of a message in the queue. */
	stop_flag = true;
	park_signal()
#else
	chain_add(me, STOP);
	pool_push(me)
#endif
}

init
{
	byte i;

	atomic {
		run worker(0);
		DRAIN(0);
		i = 1;
		do
		:: i <= REACTORS -> run reactor(i); DRAIN(i); i++
		:: else -> break
		od;
		run server(i);
		DRAIN(i);
		i = 0
	}
}

#ifdef LIVE
#ifdef STUCK
/* A handler that never returns keeps its own job and no other. */
ltl freed { <> [] (!late || away == 1) }
#elif defined(NEVER_STOPPED)
/* Every job comes back, though no stop ever comes. */
ltl served { <> (all_back == REACTORS) }
#elif defined(UNDRAINED)
/* The worker ends. */
ltl stops { <> ended }
#else
/* Every job comes back, and the worker ends. */
ltl ends { <> (all_back == REACTORS && ended) }
#endif
#endif
