/*
 * shutdown.pml - the end of a server: throng_run()'s last part and join_all()
 * in src/stop.c, pool_stop() in src/work.c, drain.c and reply.c.
 *
 * What the other models show is taken for granted here: the queues are
 * channels, and who pushes wakes. Deadlines may pass at any time, handlers
 * take any time, and some never return. Two connections, each with a state
 * that a worker must close: c's job of requests is c, its job that closes
 * the state is c + CLOSING.
 */
#ifndef CONNECTIONS
#define CONNECTIONS 2
#endif
#ifndef WORKERS
#define WORKERS 2
#endif
#define CLOSING CONNECTIONS
#define DRAIN 100
#define KILL 101
#define STOP 102
#define ROOM 8		/* never full: asserted */

chan inbox[WORKERS] = [ROOM] of { byte };
chan replies = [ROOM] of { byte };
bool pool_freed;
bool drained;		/* part.drained */
bool stuck;		/* server.stuck */
byte workers_ended;	/* pool.ended */
byte closed;		/* states that were closed */
bool all_ended;
bool returned;		/* throng_run() */

/* pool_push(): nobody may when the pool is no more. */
inline pool_push(w, job)
{
	d_step {
		assert(!pool_freed);
		assert(nfull(inbox[w]));
		inbox[w]!job
	}
}

/* reactor_push(), reactor_order() */
inline reactor_push(message)
{
	d_step { assert(nfull(replies)); replies!message }
}

proctype worker(byte w)
{
	byte job;

	do
	:: inbox[w]?job ->
		if
		:: job == STOP -> break
		:: job <= CONNECTIONS ->
			if
			:: true			/* the handler returns */
#ifdef HANDLER_STUCK
			:: true ->
end:				false		/* never */
#endif
			fi;
			reactor_push(job)
		:: else ->			/* JOB_END */
			closed++;
			reactor_push(job)
		fi;
		job = 0
	od;
	workers_ended++
}

/* hand_over(): one job for each worker at a time. */
inline hand_over()
{
	w = 0;
	do
	:: w < WORKERS && backlog_count > 0 ->
		if
		:: !held[w] ->
			backlog?job;
			backlog_count--;
			held[w] = true;
			at[job - 1] = w;
			pool_push(w, job)
		:: else
		fi;
		w++
	:: else -> break
	od;
	w = 0; job = 0
}

inline dispatch_job(j)
{
	backlog!j;
	backlog_count++;
	jobs_out++
}

/* reactor_poke() */
inline poke()
{
	if
	:: phase != 0 && open == 0 && jobs_out == 0 -> drained = true
	:: else
	fi
}

proctype reactor()
{
	chan backlog = [ROOM] of { byte };
	byte backlog_count, jobs_out, open, job, message, w, phase;
	byte at[2 * CONNECTIONS];
	bool held[WORKERS];
	bool here[CONNECTIONS];

	atomic {
		open = CONNECTIONS;
		w = 0;
		do
		:: w < CONNECTIONS -> here[w] = true; dispatch_job(w + 1); w++
		:: else -> break
		od;
		w = 0
	}
	hand_over();
	do
	:: replies?message ->
		if
		:: message == STOP -> break
		:: message == DRAIN -> phase = DRAIN; poke()
		:: message == KILL ->
			/* drain_kill(): all connections are closed; states
			 * of those without a job out go to a worker. None
			 * here: each has its one job out, or has closed. */
			phase = KILL;
			open = 0;
			w = 0;
			do
			:: w < CONNECTIONS -> here[w] = false; w++
			:: else -> break
			od;
			w = 0;
			poke()
		:: else ->
			jobs_out--;
			held[at[message - 1]] = false;
			if
			:: message <= CONNECTIONS ->
				/* replied(): it has its answer, or has gone;
				 * then its state goes to a worker. */
				if
				:: here[message - 1] ->
					here[message - 1] = false;
					open--
				:: else
				fi;
				dispatch_job(message + CLOSING)
			:: else
			fi;
			hand_over();
			poke()
		fi;
		message = 0
	od;
	all_ended = true
}

/* A wait that ends with the condition, or at its deadline. */
#define AWAIT(condition) if :: (condition) :: true fi

/* pool_stop() */
inline pool_stop()
{
	w = 0;
	do
	:: w < WORKERS -> pool_push(w, STOP); w++
	:: else -> break
	od;
	AWAIT(workers_ended == WORKERS);
	if
	:: workers_ended == WORKERS
	:: workers_ended != WORKERS -> stuck = true
	fi
}

proctype server()
{
	byte w;

	reactor_push(DRAIN);
	AWAIT(drained);
	if
	:: drained
	:: !drained ->			/* kill_rest() */
		reactor_push(KILL);
		AWAIT(drained)
	fi;
	/* join_all() */
	pool_stop();
#ifndef M_UNDRAINED
	/* Mutant, once the source: whether or not jobs are out. */
	if
	:: drained
	:: !drained -> stuck = true
	fi;
#endif
	reactor_push(STOP);
	all_ended;			/* pthread_join() */
	if
	:: stuck
	:: !stuck -> pool_freed = true
	fi;
	assert(stuck || closed == CONNECTIONS);
	returned = true
}

init
{
	byte w;

	atomic {
		do
		:: w < WORKERS -> run worker(w); w++
		:: else -> break
		od;
		run reactor();
		run server()
	}
}

#ifdef LIVE
/* Whatever handlers do, throng_run() returns. */
ltl returns { <> returned }
#endif
