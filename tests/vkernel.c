#include "vkernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "vkernel_inside.h"

struct vk_state vki;

uint64_t
vk_random(void)
{

	return (support_random(&vki.random));
}

bool
vki_trouble(void)
{

	return (vk_random() % 100 < vki.trouble);
}

/* Every call takes a little time, in which the others go on. */
void
vki_enter(void)
{

	vki.calls++;
	vki.now += 100 + vk_random() % 900;
	if (vki.inside || vki.idle == NULL)
		return;
	vki.inside = true;
	while (vki.idle(vki.now))
		continue;
	vki.inside = false;
}

uint64_t
vk_now(void)
{

	return (vki.now);
}

void
vk_wait(uint64_t until)
{

	if (until > vki.now)
		vki.now = until;
}

uint64_t
vk_calls(void)
{

	return (vki.calls);
}

bool
vki_mine(int fd)
{

	return (fd >= VK_FIRST && fd < VK_FIRST + FDS_MAX &&
	    vki.files[fd - VK_FIRST].kind != KIND_FREE);
}

struct file *
vki_file(int fd)
{

	return (&vki.files[fd - VK_FIRST]);
}

/* The lowest that is free, as kernels do. */
int
vki_file_new(enum kind kind)
{

	for (int i = 0; i < FDS_MAX; i++) {
		if (vki.files[i].kind != KIND_FREE)
			continue;
		vki.files[i] = (struct file){ .kind = kind };
		return (VK_FIRST + i);
	}
	errno = EMFILE;
	return (-1);
}

size_t
vki_length(const struct queue *q)
{

	return (q->bytes.length - q->at);
}

void
vki_put(struct queue *q, const void *bytes, size_t length)
{
	char *place = bytes_reserve(&q->bytes, length);

	if (place == NULL)
		abort();
	memcpy(place, bytes, length);
	q->bytes.length += length;
}

void
vki_drop(struct queue *q, size_t length)
{

	q->at += length;
	if (q->at == q->bytes.length)
		q->at = q->bytes.length = 0;
}

void
vki_break(struct vk_sock *s)
{

	s->broken = true;
	bytes_free(&s->in.bytes);
	bytes_free(&s->out.bytes);
	s->in.at = s->out.at = 0;
}

void
vki_release(struct vk_sock *s)
{

	if (!s->freed || !s->closed)
		return;
	bytes_free(&s->in.bytes);
	bytes_free(&s->out.bytes);
	free(s);
}

void
vk_open(uint64_t seed, unsigned trouble_percent, bool (*idle)(uint64_t))
{

	memset(&vki, 0, sizeof(vki));
	vki.random = seed;
	vki.now = 1000000000;
	vki.trouble = trouble_percent;
	vki.idle = idle;
}

unsigned
vk_close(void)
{
	unsigned open = 0;

	for (int i = 0; i < FDS_MAX; i++)
		open += vki.files[i].kind != KIND_FREE;
	vki_refuse();
	return (open);
}

void
vki_refuse(void)
{

	vki.refusing = true;
	for (unsigned i = 0; i < vki.waiting_count; i++) {
		vki_break(vki.waiting[i]);
		vki.waiting[i]->closed = true;
		vki_release(vki.waiting[i]);
	}
	vki.waiting_count = 0;
}

int
vk_listener(void)
{

	return (vki_file_new(KIND_LISTENER));
}

struct vk_sock *
vk_connect(int listener, size_t window)
{
	struct vk_sock *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->window = window;
	s->port = ++vki.ports;
	if (listener == -1)
		return (s);
	/* Refused by a full or closed queue. */
	if (!vki_mine(listener) || vki.refusing ||
	    vki.waiting_count == QUEUE_MAX) {
		s->closed = s->broken = true;
		return (s);
	}
	vki.waiting[vki.waiting_count++] = s;
	return (s);
}

int
vk_accepted(struct vk_sock *s)
{
	int fd = vki_file_new(KIND_SOCK);

	if (fd == -1)
		abort();
	vki_file(fd)->sock = s;
	vki_file(fd)->blocking = true;
	return (fd);
}

size_t
vk_send(struct vk_sock *s, const char *bytes, size_t length)
{
	size_t room = INBOUND_MAX - vki_length(&s->in);

	if (s->broken)
		return (length);
	if (s->closed) {
		vki_break(s);
		return (length);
	}
	if (length > room)
		length = room;
	vki_put(&s->in, bytes, length);
	return (length);
}

void
vk_finish(struct vk_sock *s)
{

	s->fin = true;
}

void
vk_reset(struct vk_sock *s)
{

	vki_break(s);
}

const char *
vk_replies(struct vk_sock *s, size_t *length)
{

	*length = vki_length(&s->out);
	return (*length > 0 ? s->out.bytes.data + s->out.at : "");
}

void
vk_take(struct vk_sock *s, size_t length)
{

	vki_drop(&s->out, length);
}

bool
vk_ended(const struct vk_sock *s, bool *broken)
{

	*broken = s->broken;
	return (s->broken || ((s->shut || s->closed) &&
	    vki_length(&s->out) == 0));
}

void
vk_sock_free(struct vk_sock *s)
{

	if (!s->closed && !s->broken && !s->fin)
		s->fin = true;
	s->freed = true;
	vki_release(s);
}

/* Let time pass for a blocking call. Return false when it is out of
 * patience. */
bool
vki_block(uint64_t until)
{
	bool moved;

	if (vki.now >= until)
		return (false);
	vki.inside = true;
	moved = vki.idle != NULL && vki.idle(until);
	vki.inside = false;
	if (moved)
		return (true);
	if (until == UINT64_MAX)
		return (false);
	vki.now = until;
	return (true);
}

uint64_t
vki_patience(const struct file *f)
{

	return (f->patience == 0 ? UINT64_MAX : vki.now + f->patience);
}

/* Whether reading, or writing, would not wait. */
bool
vki_readable(const struct file *f)
{

	switch (f->kind) {
	case KIND_SOCK:
		return (vki_length(&f->sock->in) > 0 || f->sock->fin ||
		    f->sock->broken);
	case KIND_LISTENER:
		return (vki.waiting_count > 0);
	case KIND_READ:
		return (vki.in_pipe[f->pipe] > 0);
	default:
		return (false);
	}
}

bool
vki_writable(const struct file *f)
{

	return (f->kind == KIND_SOCK && (f->sock->broken ||
	    vki_length(&f->sock->out) < f->sock->window));
}
