/*
 * memory.pml - memory with store buffers, and the queue of src/mpsc.h on it.
 *
 * Included by the models, which define first:
 *
 *   NODES    how many queue links there are, numbered from 1; 0 is NULL
 *   QUEUES   how many queues
 *   THREADS  how many threads, numbered from 0
 *
 * and on the command line:
 *
 *   SLOTS=n  each thread has a store buffer of n plain stores. 0 or absent:
 *            none, memory is sequentially consistent.
 *   PSO      the buffer empties in any order; only stores to the same place
 *            keep theirs. Absent: in the order of the stores, which is TSO,
 *            what x86 does.
 *
 * What is plain in C goes through the buffers: the links and the fields of
 * the items. So does a store that releases, such as that to `rest`, which
 * does not overtake older ones; younger ones may overtake it. What is
 * atomic otherwise is a single step of the model. A locked
 * instruction empties its thread's buffer first; so does a release. That is
 * more than a release promises, and less than what x86 does, which empties
 * the buffer at every locked instruction, also at one that fails or that
 * only acquires; the models leave those out and so allow more than x86.
 */
#define NIL 0

#ifndef SLOTS
#define SLOTS 0
#endif

/* Places in memory: the link of an item and its payload. */
#define NEXT(node) (node)
#define DATA(node) (NODES + (node))
#define FLAG (2 * NODES + 1)	/* only a mutant has a sleep flag */
#define REST (2 * NODES + 2)	/* `rest` of a worker */

byte memory[2 * NODES + 3];
byte head[QUEUES];		/* struct mpsc */

#if SLOTS > 0
typedef buffer {
	byte count;
	byte where[SLOTS];
	byte what[SLOTS]
};
buffer buffers[THREADS];

#define EMPTIED(me) (buffers[me].count == 0)
/* No store of this thread to this place is under way. */
#define AT_HOME(me, place) \
	((buffers[me].count < 1 || buffers[me].where[0] != (place)) && \
	 (buffers[me].count < 2 || buffers[me].where[1] != (place)) && \
	 (buffers[me].count < 3 || buffers[me].where[2] != (place)))

/* May this one leave before older ones? */
#ifdef M_RELAXED_REST
#define OVERTAKES(place) true
#else
#define OVERTAKES(place) ((place) != REST)
#endif

/* The entry `at` goes to memory; those behind it move up. */
inline write_back(me, at)
{
	memory[buffers[me].where[at]] = buffers[me].what[at];
	buffers[me].count--;
	slot = at;
	do
	:: slot < buffers[me].count ->
		buffers[me].where[slot] = buffers[me].where[slot + 1];
		buffers[me].what[slot] = buffers[me].what[slot + 1];
		slot++
	:: else -> break
	od;
	buffers[me].where[slot] = 0;
	buffers[me].what[slot] = 0;
	slot = 0
}

/* The hardware that empties a thread's buffer, at any time it likes. */
proctype drain(byte me)
{
	byte slot;

end:	do
	:: d_step { !EMPTIED(me) -> write_back(me, 0) }
#ifdef PSO
	/* Out of order, unless an older store is to the same place. */
	:: d_step { buffers[me].count > 1 && OVERTAKES(buffers[me].where[1]) &&
	    buffers[me].where[1] != buffers[me].where[0] ->
		write_back(me, 1) }
	:: d_step { buffers[me].count > 2 && OVERTAKES(buffers[me].where[2]) &&
	    buffers[me].where[2] != buffers[me].where[0] &&
	    buffers[me].where[2] != buffers[me].where[1] ->
		write_back(me, 2) }
#endif
	od
}

#define DRAIN(me) run drain(me)

/* *(where) = what, into the buffer; waits for room in it. */
inline store(me, place, value)
{
	d_step { buffers[me].count < SLOTS ->
		buffers[me].where[buffers[me].count] = place;
		buffers[me].what[buffers[me].count] = value;
		buffers[me].count++ }
}

/* A thread sees its own stores first, the youngest of them. */
inline load(me, place, result)
{
	d_step {
		result = memory[place];
		byte_at = 0;
		do
		:: byte_at < buffers[me].count ->
			if
			:: buffers[me].where[byte_at] == place ->
				result = buffers[me].what[byte_at]
			:: else
			fi;
			byte_at++
		:: else -> break
		od;
		byte_at = 0
	}
}
#else
#define EMPTIED(me) true
#define AT_HOME(me, place) true
#define DRAIN(me) skip
inline store(me, place, value) { memory[place] = value }
inline load(me, place, result) { result = memory[place] }
#endif

/* What a release waits for. */
#ifdef M_RELAXED_PUBLISH
#define RELEASED(me) true
#else
#define RELEASED(me) EMPTIED(me)
#endif

/* Locals of each thread that uses the queue. */
#define QUEUE_LOCALS \
	byte newest, oldest;		/* struct mpsc_chain */ \
	byte seen;			/* `head` in mpsc_push() */ \
	bool was_empty;			/* what mpsc_push() returns */ \
	byte list;			/* what mpsc_take() returns */ \
	byte node, after;		/* `node` and `next` */ \
	byte byte_at			/* of load() */

/* mpsc_chain_add(chain, item) */
inline chain_add(me, item)
{
	store(me, NEXT(item), newest);	/* node->next = chain->newest */
	newest = item;
	if
	:: oldest == NIL -> oldest = item
	:: else
	fi
}

/* mpsc_push(queue, chain): sets was_empty, empties the chain. The weak
 * exchange does not fail for nothing here; Relacy lets it. */
inline push(me, q)
{
	atomic {
		seen = head[q];			/* load, relaxed */
		store(me, NEXT(oldest), seen)	/* oldest->next = head */
	}
	do
	:: atomic { head[q] == seen && RELEASED(me) ->
		head[q] = newest;		/* exchange, release */
		was_empty = (seen == NIL);
		newest = NIL; oldest = NIL; seen = NIL;
		break }
	:: atomic { head[q] != seen ->
		seen = head[q];			/* it fails, relaxed */
		store(me, NEXT(oldest), seen) }
	od
}

/* A list that nobody else sees: its nodes go in front of another one, the
 * last of them first. */
inline reverse(me, from, onto)
{
	do
	:: atomic { from != NIL ->
		load(me, NEXT(from), after) };	/* next = node->next */
		atomic {
			store(me, NEXT(from), onto);	/* node->next = ... */
			onto = from; from = after; after = NIL
		}
	:: else -> break
	od
}

/* mpsc_take(queue): sets list. */
inline take(me, q)
{
	/* exchange, acquire */
	d_step { node = head[q]; head[q] = NIL; list = NIL };
#ifdef M_FIRST_ONLY
	/* Mutant: the first node alone. */
	list = node;
	if
	:: node != NIL -> store(me, NEXT(node), NIL)
	:: else
	fi;
	node = NIL
#elif defined(M_NO_REVERSAL)
	/* Mutant: the youngest first. */
	list = node;
	node = NIL
#else
	reverse(me, node, list)
#endif
}

/* The waker's rule: `if (mpsc_push(...)) signal`. */
#ifdef M_WAKE_NOT_EMPTY
#define MUST_WAKE (!was_empty)
#else
#define MUST_WAKE was_empty
#endif
