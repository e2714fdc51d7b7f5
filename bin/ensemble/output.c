#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include "client.h"
#include "diag.h"
#include "interrupt.h"
#include "output.h"
#include "when.h"

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

/* Waits until standard output takes bytes; what it takes at once is never too late. */
static enum output_end
wait_writable(long long deadline)
{
	struct pollfd fds[] = {
		{.fd = STDOUT_FILENO, .events = POLLOUT},
		{.fd = interrupt_fd(), .events = POLLIN},
	};
	long long left = -1;

	for (;;) {
		if (deadline != 0 && (left = deadline - when_now()) < 0)
			left = 0;
		if (poll(fds, 2, left < INT_MAX ? (int)left : INT_MAX) > 0 &&
		    (fds[1].revents & POLLIN) != 0)
			return OUTPUT_SIGNAL;
		if (fds[0].revents != 0)
			return OUTPUT_WRITTEN;
		if (left == 0)
			return OUTPUT_LATE;
	}
}

/* A write of no more than surely fits after POLLOUT. */
static size_t
write_some(const char *p, size_t n)
{
	ssize_t done = write(STDOUT_FILENO, p, n < PIPE_BUF ? n : PIPE_BUF);

	if (done >= 0)
		return (size_t)done;
	if (errno == EPIPE)
		client_reader_gone();
	if (errno != EINTR && errno != EAGAIN)
		diag_die_errno(EX_IOERR, "standard output");
	return 0;
}

enum output_end
output_write(struct buf *b, long long deadline)
{
	enum output_end end;
	size_t done = 0;

	while (done < b->n) {
		end = wait_writable(deadline);
		if (end != OUTPUT_WRITTEN)
			return end;
		done += write_some(b->p + done, b->n - done);
	}
	buf_clear(b);
	return OUTPUT_WRITTEN;
}
