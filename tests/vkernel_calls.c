/*
 * Sockets and pipes. A call made within glibc is not led here.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "vkernel_inside.h"

int __wrap_accept4(int fd, struct sockaddr *sa, socklen_t *length, int flags);
int __real_accept4(int fd, struct sockaddr *sa, socklen_t *length, int flags);

int
__wrap_accept4(int fd, struct sockaddr *sa, socklen_t *length, int flags)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct vk_sock *s;
	int conn;

	if (!vki_mine(fd))
		return (__real_accept4(fd, sa, length, flags));
	vki_enter();
	if (vki.waiting_count == 0 || vki_trouble()) {
		errno = vki.waiting_count == 0 ? EAGAIN :
		    vk_random() % 4 == 0 ? EMFILE :
		    vk_random() % 2 == 0 ? EINTR : EAGAIN;
		return (-1);
	}
	if ((conn = vki_file_new(KIND_SOCK)) == -1)
		return (-1);
	s = vki.waiting[0];
	memmove(vki.waiting, vki.waiting + 1,
	    --vki.waiting_count * sizeof(vki.waiting[0]));
	vki_file(conn)->sock = s;
	sin.sin_port = htons(s->port);
	sin.sin_addr.s_addr = htonl(0x0a000000u + s->port);
	memcpy(sa, &sin, sizeof(sin));
	*length = sizeof(sin);
	return (conn);
}

/* What a socket call meets before it does anything. Return 0 or an errno. */
static int
hindrance(const struct file *f, int flags, bool ready)
{

	if (f->kind != KIND_SOCK)
		return (ENOTSOCK);
	if (f->sock->broken)
		return (ECONNRESET);
	if (!ready)
		return (EAGAIN);
	if (!vki_trouble())
		return (0);
	if (vk_random() % 2 == 0)
		return (EINTR);
	return (!f->blocking || (flags & MSG_DONTWAIT) ? EAGAIN : 0);
}

/* As much of `length` as this call moves. */
static size_t
portion(size_t length, size_t most)
{

	if (length > most)
		length = most;
	if (length > 1 && vki_trouble())
		length = 1 + vk_random() % (length - 1);
	return (length);
}

ssize_t __wrap_recv(int fd, void *out, size_t size, int flags);
ssize_t __real_recv(int fd, void *out, size_t size, int flags);

ssize_t
__wrap_recv(int fd, void *out, size_t size, int flags)
{
	struct file *f;
	struct queue *q;
	uint64_t until;
	size_t n;

	if (!vki_mine(fd))
		return (__real_recv(fd, out, size, flags));
	vki_enter();
	f = vki_file(fd);
	until = vki_patience(f);
	while (f->blocking && !(flags & MSG_DONTWAIT) && !vki_readable(f))
		if (!vki_block(until))
			break;
	if ((errno = hindrance(f, flags, vki_readable(f))) != 0)
		return (-1);
	q = &f->sock->in;
	if (vki_length(q) == 0)
		return (0);
	n = portion(size, vki_length(q));
	memcpy(out, q->bytes.data + q->at, n);
	if (!(flags & MSG_PEEK))
		vki_drop(q, n);
	return ((ssize_t)n);
}

ssize_t __wrap_send(int fd, const void *bytes, size_t length, int flags);
ssize_t __real_send(int fd, const void *bytes, size_t length, int flags);

ssize_t
__wrap_send(int fd, const void *bytes, size_t length, int flags)
{
	struct file *f;
	struct vk_sock *s;
	uint64_t until;

	if (!vki_mine(fd))
		return (__real_send(fd, bytes, length, flags));
	vki_enter();
	f = vki_file(fd);
	s = f->sock;
	until = vki_patience(f);
	while (f->blocking && !(flags & MSG_DONTWAIT) && !vki_writable(f))
		if (!vki_block(until))
			break;
	if ((errno = hindrance(f, flags, vki_writable(f))) != 0)
		return (-1);
	if (s->shut) {
		errno = EPIPE;
		return (-1);
	}
	length = portion(length, s->window - vki_length(&s->out));
	vki_put(&s->out, bytes, length);
	return ((ssize_t)length);
}

ssize_t __wrap_writev(int fd, const struct iovec *iov, int count);
ssize_t __real_writev(int fd, const struct iovec *iov, int count);

ssize_t
__wrap_writev(int fd, const struct iovec *iov, int count)
{
	ssize_t n, sum = 0;

	if (!vki_mine(fd))
		return (__real_writev(fd, iov, count));
	for (int i = 0; i < count; i++) {
		if (iov[i].iov_len == 0)
			continue;
		n = __wrap_send(fd, iov[i].iov_base, iov[i].iov_len,
		    MSG_DONTWAIT);
		if (n == -1)
			return (sum > 0 ? sum : -1);
		sum += n;
		if ((size_t)n < iov[i].iov_len)
			break;
	}
	return (sum);
}

ssize_t __wrap_read(int fd, void *out, size_t size);
ssize_t __real_read(int fd, void *out, size_t size);

ssize_t
__wrap_read(int fd, void *out, size_t size)
{
	unsigned *in;
	size_t n;

	if (!vki_mine(fd))
		return (__real_read(fd, out, size));
	vki_enter();
	if (vki_file(fd)->kind != KIND_READ)
		return (__wrap_recv(fd, out, size, 0));
	in = &vki.in_pipe[vki_file(fd)->pipe];
	if (*in == 0 || vki_trouble()) {
		errno = *in == 0 ? EAGAIN : EINTR;
		return (-1);
	}
	n = *in < size ? *in : size;
	*in -= (unsigned)n;
	memset(out, 0, n);
	return ((ssize_t)n);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t length);
ssize_t __real_write(int fd, const void *bytes, size_t length);

ssize_t
__wrap_write(int fd, const void *bytes, size_t length)
{
	unsigned *in;

	if (!vki_mine(fd))
		return (__real_write(fd, bytes, length));
	vki_enter();
	if (vki_file(fd)->kind != KIND_WRITE)
		return (__wrap_send(fd, bytes, length, 0));
	in = &vki.in_pipe[vki_file(fd)->pipe];
	if (*in + length > PIPE_MAX || vki_trouble()) {
		errno = *in + length > PIPE_MAX ? EAGAIN : EINTR;
		return (-1);
	}
	*in += (unsigned)length;
	return ((ssize_t)length);
}

int __wrap_pipe2(int fds[2], int flags);

int
__wrap_pipe2(int fds[2], int flags)
{

	(void)flags;
	if ((fds[0] = vki_file_new(KIND_READ)) == -1 ||
	    (fds[1] = vki_file_new(KIND_WRITE)) == -1)
		return (-1);
	vki_file(fds[0])->pipe = vki_file(fds[1])->pipe =
	    (unsigned)(fds[0] - VK_FIRST);
	vki.in_pipe[fds[0] - VK_FIRST] = 0;
	return (0);
}

int __wrap_shutdown(int fd, int how);
int __real_shutdown(int fd, int how);

int
__wrap_shutdown(int fd, int how)
{
	struct file *f;

	if (!vki_mine(fd))
		return (__real_shutdown(fd, how));
	vki_enter();
	f = vki_file(fd);
	if (f->kind == KIND_LISTENER) {
		vki_refuse();
		return (0);
	}
	if (f->sock->broken) {
		errno = ENOTCONN;
		return (-1);
	}
	if (how != SHUT_RD)
		f->sock->shut = true;
	if (how != SHUT_WR)
		f->sock->fin = true;
	return (0);
}

int __wrap_close(int fd);
int __real_close(int fd);

int
__wrap_close(int fd)
{
	struct file *f;
	struct vk_sock *s;

	if (!vki_mine(fd))
		return (__real_close(fd));
	vki_enter();
	f = vki_file(fd);
	if ((s = f->sock) != NULL) {
		if (vki_length(&s->in) > 0)
			vki_break(s);
		s->closed = true;
		vki_release(s);
	}
	f->kind = KIND_FREE;
	return (0);
}
