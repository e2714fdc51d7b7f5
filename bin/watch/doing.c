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
doing_count(struct buf *out, size_t n)
{
	if (n < 1000)
		buf_printf(out, "%zu", n);
	else if (n < 999950)
		buf_printf(out, "%.1fk", (double)n / 1000);
	else
		buf_printf(out, "%.1fM", (double)n / 1e6);
}

void
doing_chars(struct buf *out, size_t n)
{
	doing_count(out, n);
	buf_adds(out, n == 1 ? " char" : " chars");
}

/* A word, and how many characters that is so far, where some. */
static void
add_counted(struct buf *out, const char *word, size_t n)
{
	buf_adds(out, word);
	if (n == 0)
		return;
	buf_addc(out, ' ');
	doing_chars(out, n);
}

/* A word, and what it is about between two others, where that is known. */
static void
add_about(struct buf *out, const char *word, const char *before,
    const struct buf *about, const char *after)
{
	buf_adds(out, word);
	if (about->n == 0)
		return;
	buf_adds(out, before);
	buf_add(out, about->p, about->n);
	buf_adds(out, after);
}

/* A query that has quotes itself gets no more. */
static void
add_query(struct buf *out, const struct buf *query)
{
	bool quoted = query->n > 0 && memchr(query->p, '"', query->n) != NULL;

	add_about(out, "searching", quoted ? " " : " \"", query,
	    quoted ? "" : "\"");
}

static void
add_retrying(struct buf *out, const struct doing *d, long long wall)
{
	if (d->retry_at > wall)
		buf_printf(out, "retry in %lld s", d->retry_at - wall);
	else
		buf_adds(out, "retrying");
	add_about(out, "", ": ", &d->about, "");
}

void
doing_words(struct buf *out, const struct doing *d, size_t thinking,
    size_t text, long long wall)
{
	switch (d->what) {
	case DOING_WAITING:
		buf_adds(out, "waiting");
		break;
	case DOING_THINKING:
		add_counted(out, "thinking", thinking);
		break;
	case DOING_SEARCHING:
		add_query(out, &d->about);
		break;
	case DOING_READING:
		add_about(out, "reading", " ", &d->about, "");
		break;
	case DOING_WRITING:
		add_counted(out, "writing", text);
		break;
	case DOING_RETRYING:
		add_retrying(out, d, wall);
		break;
	case DOING_FAILED:
		add_about(out, "failed", ": ", &d->about, "");
		break;
	case DOING_DONE:
		add_counted(out, text > 0 ? "done" : "done, no text", text);
		break;
	}
}

/* What it is about. */

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

/* A string of the stream, shortened; owned by the caller. */
static struct buf
about_string(struct json v)
{
	struct buf text = {0}, about = {0};

	json_text(v, &text);
	doing_shorten(&about, text.p, text.n);
	buf_free(&text);
	return about;
}

/* What went wrong. Some hand on a vendor's error as it is, in JSON. */
static struct buf
about_failure(const char *message, size_t n)
{
	struct buf inner = {0}, about = {0};
	struct json_fault fault;
	struct json v, error;

	if (n > 0 && *message == '{' && json_parse(message, n, &v, &fault)) {
		error = json_get(v, "error");
		apierror_message(apierror_is(error) ? error : v, &inner);
	}
	if (inner.n > 0)
		doing_shorten(&about, inner.p, inner.n);
	else
		doing_shorten(&about, message, n);
	buf_free(&inner);
	return about;
}

static struct buf
about_host(struct json url)
{
	struct buf text = {0}, about = {0};
	const char *host;
	size_t n;

	json_text(url, &text);
	host = host_of(buf_string(&text), &n);
	if (host == NULL) {
		host = text.p;
		n = strcspn(host, "/?#");
	}
	doing_shorten(&about, host, n);
	buf_free(&text);
	return about;
}

/* Changes. */

static bool
equal(const struct buf *a, const struct buf *b)
{
	return a->n == b->n && (a->n == 0 || memcmp(a->p, b->p, a->n) == 0);
}

/* It does this now, about that, which is taken over. */
static bool
become(struct doing *d, enum doing_what what, struct buf about)
{
	bool other = d->what != what || !equal(&d->about, &about);

	d->what = what;
	buf_free(&d->about);
	d->about = about;
	return other;
}

static bool
become_plain(struct doing *d, enum doing_what what)
{
	if (d->what == what)
		return false;
	d->what = what;
	buf_clear(&d->about);
	return true;
}

bool
doing_over(const struct doing *d)
{
	return d->what == DOING_FAILED || d->what == DOING_DONE;
}

bool
doing_write(struct doing *d)
{
	return become_plain(d, DOING_WRITING);
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
	(void)become(d, DOING_FAILED, about_failure(message, n));
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

/* Some say only with the result what they searched for. */
static bool
add_result(struct doing *d, const struct chunk *c)
{
	if (d->what != DOING_SEARCHING || d->about.n > 0)
		return false;
	return become(d, DOING_SEARCHING, about_string(chunk_get(c, "query")));
}

bool
doing_add(struct doing *d, const struct chunk *c, long long wall)
{
	switch (c->type) {
	case CHUNK_THINKING_START:
	case CHUNK_THINKING:
		return become_plain(d, DOING_THINKING);
	case CHUNK_TEXT_START:
		d->text = 0;
		d->half = 0;
		return doing_write(d);
	case CHUNK_TEXT:
		return add_text(d, c);
	case CHUNK_WEB_SEARCH_CALL:
		return become(d, DOING_SEARCHING,
		    about_string(chunk_get(c, "query")));
	case CHUNK_WEB_SEARCH_RESULT:
		return add_result(d, c);
	case CHUNK_FETCH_URL_CALL:
		return become(d, DOING_READING,
		    about_host(chunk_get(c, "url")));
	case CHUNK_FAILURE:
		return add_failure(d, c, wall);
	case CHUNK_RETRY:
		return add_retry(d);
	case CHUNK_DONE:	/* also after a failure that was the end of it */
		return d->what != DOING_FAILED && become_plain(d, DOING_DONE);
	default:
		return false;
	}
}
