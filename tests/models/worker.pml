/*
 * worker.pml - a worker between reactors: src/mpsc.h with src/park.c and
 * src/work.c. Reactors push chains of jobs into its inbox, it works, keeps
 * what is done for a while and gives it back in chains, and sleeps in its
 * park. Jobs are used again: their links are overwritten by the next push.
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
#define ROUNDS 2	/* how many times each reactor dispatches one */
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
#define DONE 100		/* added to the payload by the handler */

#include "memory.pml"

bool locked;			/* struct park */
bool signalled;
bool waiting;			/* in pthread_cond_wait() */
byte spurious;
byte all_pushed;		/* reactors that will push no more */
byte all_back;			/* reactors that have all back */
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
#ifdef NEVER_STOPPED
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

/* give_back(); the reactor's wakeup is the other model's. */
inline give_back(me)
{
	if
	:: oldest != NIL -> push(me, home); home = 0
	:: else
	fi
}

/* work_off(), process_job(), finished() */
inline work_off(me)
{
	do
	:: list != NIL ->
		job = list;
#ifndef M_NEXT_AFTER
		load(me, NEXT(job), list);	/* next = node->next */
#endif
		if
		:: job == STOP -> stopping = true; break
		:: else
		fi;
		load(me, DATA(job), value);
		atomic {
			/* Once, in order, and all of it visible. */
			assert(value == served[HOME(job) - 1] + 1);
			served[HOME(job) - 1]++
		}
		store(me, DATA(job), value + DONE);
		if
		:: oldest != NIL && home != HOME(job) -> give_back(me)
		:: else
		fi;
		atomic { home = HOME(job); chain_add(me, job); value = 0 }
		if			/* long, or old */
		:: give_back(me)
		:: true
		fi;
#ifdef M_NEXT_AFTER
		/* Mutant: by now the job may be its reactor's again. */
		load(me, NEXT(job), list);
#endif
		job = NIL
	:: else -> break
	od
}

/* serve() */
proctype worker(byte me)
{
	QUEUE_LOCALS;
	byte job, value, home;
	byte served[REACTORS];
	bool stopping;

	do
#ifdef M_STOP_OVERTAKES
	:: stop_flag -> break
	:: !stop_flag ->
#else
	:: true ->
#endif
		take(me, INBOX);
		if
		:: list == NIL ->
#ifndef M_SLEEP_HOLDING
			give_back(me);
#endif
			park_wait()
		:: else ->
			work_off(me);
			if
			:: stopping -> break
			:: else
			fi
		fi
	od;
	give_back(me);
	assert(head[INBOX] == NIL);
	ended = true
}

proctype reactor(byte r)
{
	QUEUE_LOCALS;
	byte sent, back, job, value;
	bool out[JOBS];

	do
	:: back == ROUNDS -> break
	/* hand_over(): a chain of the jobs that are at home. */
	:: sent < ROUNDS && !out[sent % JOBS] ->
		atomic {
			do
			:: sent < ROUNDS && !out[sent % JOBS] ->
				out[sent % JOBS] = true;
				job = (r - 1) * JOBS + sent % JOBS + 1;
				sent++;
				store(r, DATA(job), sent);
				chain_add(r, job)
			:: oldest != NIL -> job = NIL; break
			od
		}
		pool_push(r);
		if
		:: sent == ROUNDS -> all_pushed++
		:: else
		fi
	/* reply_arrived() */
	:: head[r] != NIL ->
		take(r, r);
		do
		:: list != NIL ->
			job = list;
			load(r, NEXT(job), list);
			load(r, DATA(job), value);
			atomic {
				assert(value == back + 1 + DONE);
				assert(out[back % JOBS]);
				out[back % JOBS] = false;
				back++;
				job = NIL; value = 0
			}
		:: else -> break
		od
	od;
	all_back++
}

/* pool_stop(): when nobody pushes any more, but jobs may wait. */
proctype server(byte me)
{
	QUEUE_LOCALS;

	all_pushed == REACTORS;
#ifdef NEVER_STOPPED
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
#ifdef NEVER_STOPPED
/* Every job comes back, though no stop ever comes. */
ltl served { <> (all_back == REACTORS) }
#else
/* The same, and the worker ends. */
ltl ends { <> (all_back == REACTORS && ended) }
#endif
#endif
