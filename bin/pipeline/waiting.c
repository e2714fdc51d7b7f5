#include <stdbool.h>

#include "buf.h"
#include "ending.h"
#include "screen.h"
#include "waiting.h"
#include "when.h"

enum { FIRST = 2000, TICK = 1000, MINUTE = 60 };

static struct screen screen;
static long long start, next;
static bool waits;

void
waiting_start(void)
{
	screen_open(&screen);
	waits = screen.terminal && screen.pictures;
	start = when_now();
	next = start + FIRST;
}

int
waiting_show(void)
{
	long long now = when_now();
	long seconds = (long)((now - start) / TICK);
	struct buf text = {0};

	if (!waits)
		return -1;
	(void)screen_push(&screen);
	if (now >= next) {
		buf_printf(&text, "waiting  %ld:%02ld", seconds / MINUTE,
		    seconds % MINUTE);
		screen_note(&screen, text.p, text.n);
		ending_parting("\r\033[K");
		buf_free(&text);
		next = start + (seconds + 1) * (long long)TICK;
	}
	return (int)(next - now);
}

void
waiting_hide(void)
{
	if (!waits)
		return;
	screen_note(&screen, "", 0);
	ending_parting(NULL);
}

void
waiting_end(void)
{
	waiting_hide();
	if (waits)
		screen_close(&screen, true);
	waits = false;
}
