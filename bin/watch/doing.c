#include <stdlib.h>
#include <string.h>

#include "apierror.h"
#include "doing.h"
#include "host.h"
#include "term.h"
#include "utf8.h"
#include "when.h"

/* The characters that doing_shorten leaves. */
enum { LONGEST = 400 };

/* Words. */

void
doing_chars(struct buf *out, size_t n)
{
	if (n < 1000)
		buf_printf(out, "%zu", n);
	else if (n < 999950)
		buf_printf(out, "%.1fk", (double)n / 1000);
	else
		buf_printf(out, "%.1fM", (double)n / 1e6);
	buf_adds(out, n == 1 ? " char" : " chars");
}

void
doing_words(struct buf *out, const struct doing *d, size_t thinking,
    size_t text, long long wall)
{
	static const char *const words[] = {
		"waiting", "thinking", "searching", "reading", "writing",
		"retrying", "failed", "done",
	};
	size_t chars = d->what == DOING_THINKING ? thinking :
	    d->what == DOING_WRITING || d->what == DOING_DONE ? text : 0;
	bool went_wrong = d->what == DOING_RETRYING || d->what == DOING_FAILED;
	const char *quote = "";

	if (d->what == DOING_RETRYING && d->retry_at > wall)
		buf_printf(out, "retry in %lld s", d->retry_at - wall);
	else
		buf_adds(out, words[d->what]);
	if (d->what == DOING_DONE && text == 0)
		buf_adds(out, ", no text");
	if (chars > 0) {
		buf_addc(out, ' ');
		doing_chars(out, chars);
	}
	if (d->about.n == 0)
		return;
	/* A query that has quotes itself gets no more. */
	if (d->what == DOING_SEARCHING &&
	    memchr(d->about.p, '"', d->about.n) == NULL)
		quote = "\"";
	buf_printf(out, "%s%s", went_wrong ? ": " : " ", quote);
	buf_add(out, d->about.p, d->about.n);
	buf_adds(out, quote);
}

void
doing_shorten(struct buf *out, const char *p, size_t n)
{
	struct buf line = {0};
	size_t at = 0, chars, from = out->n, i;
	uint32_t rune;

	for (chars = 0; at < n && chars < LONGEST; chars++)
		at += utf8_decode(p + at, n - at, &rune);
	term_line(&line, p, at);
	for (i = 0; i < line.n; i++)
		if (line.p[i] != ' ' ||
		    (out->n > from && out->p[out->n - 1] != ' '))
			buf_addc(out, line.p[i]);
	if (out->n > from && out->p[out->n - 1] == ' ')
		out->n--;
	buf_free(&line);
}

/* Changes. */

/* It does this now, about that text. Whether that is something else than before. */
static bool
become(struct doing *d, enum doing_what what, const char *p, size_t n)
{
	struct buf about = {0};
	bool other;

	doing_shorten(&about, p, n);
	other = d->what != what || !buf_is(&d->about, about.p, about.n);
	d->what = what;
	buf_free(&d->about);
	d->about = about;
	return other;
}

static bool
search(struct doing *d, const struct chunk *c)
{
	struct buf query = {0};
	bool other;

	json_text(chunk_get(c, "query"), &query);
	other = become(d, DOING_SEARCHING, query.p, query.n);
	buf_free(&query);
	return other;
}

static bool
read_host(struct doing *d, const struct chunk *c)
{
	struct buf url = {0};
	const char *host;
	size_t n;
	bool other;

	json_text(chunk_get(c, "url"), &url);
	host = host_of(buf_string(&url), &n);
	if (host == NULL) {
		host = url.p;
		n = strcspn(host, "/?#");
	}
	other = become(d, DOING_READING, host, n);
	buf_free(&url);
	return other;
}

bool
doing_over(const struct doing *d)
{
	return d->what == DOING_FAILED || d->what == DOING_DONE;
}

bool
doing_write(struct doing *d)
{
	return become(d, DOING_WRITING, "", 0);
}

static bool
add_text(struct doing *d, const struct chunk *c)
{
	size_t chars = chunk_chars(c, c->text, &d->half);

	d->text += chars;
	d->all += chars;
	return doing_write(d);
}

void
doing_fail(struct doing *d, const char *message, size_t n)
{
	struct buf said = {0};

	/* Some hand on a vendor's error as it is, in JSON. */
	(void)apierror_text(message, n, &said);
	(void)become(d, DOING_FAILED, said.p, said.n);
	buf_free(&said);
}

/* To fail again is news, with the same words too. */
static bool
add_failure(struct doing *d, const struct chunk *c, long long wall)
{
	char *retry_at = json_string(chunk_get(c, "retryAt"));
	struct buf message = {0};

	if (retry_at == NULL || !when_read(retry_at, &d->retry_at))
		d->retry_at = -1;
	d->announced = d->retry_at > wall;
	json_text(chunk_get(c, "message"), &message);
	doing_fail(d, message.p, message.n);
	if (retry_at != NULL)
		d->what = DOING_RETRYING;
	buf_free(&message);
	free(retry_at);
	return true;
}

/* The retry itself: news where it was announced, else it was told already. */
static bool
add_retry(struct doing *d)
{
	bool news = d->what != DOING_RETRYING || d->announced;

	d->what = DOING_RETRYING;
	d->retry_at = -1;
	d->announced = false;
	return news;
}

bool
doing_add(struct doing *d, const struct chunk *c, long long wall)
{
	switch (c->type) {
	case CHUNK_THINKING_START:
	case CHUNK_THINKING:
		return become(d, DOING_THINKING, "", 0);
	case CHUNK_TEXT_START:
		d->text = 0;
		d->half = 0;
		return doing_write(d);
	case CHUNK_TEXT:
		return add_text(d, c);
	case CHUNK_WEB_SEARCH_CALL:
		return search(d, c);
	case CHUNK_WEB_SEARCH_RESULT:	/* some say only here what they searched for */
		return d->what == DOING_SEARCHING && d->about.n == 0 &&
		    search(d, c);
	case CHUNK_FETCH_URL_CALL:
		return read_host(d, c);
	case CHUNK_FAILURE:
		return add_failure(d, c, wall);
	case CHUNK_RETRY:
		return add_retry(d);
	case CHUNK_DONE:	/* also after a failure that was the end of it */
		return d->what != DOING_FAILED && become(d, DOING_DONE, "", 0);
	default:
		return false;
	}
}
