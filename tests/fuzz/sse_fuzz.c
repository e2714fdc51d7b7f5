/*
 * A libFuzzer harness: however an input is cut, lib/sse makes the same records
 * of it. The first byte says how it is cut and with which settings.
 */
#include "fuzz.h"
#include "sse_records.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct buf whole, cut;
	const char *text = (const char *)data + 1;
	struct sse_settings set;
	size_t how;

	if (n < 2)
		return 0;
	how = data[0];
	n--;
	set = (struct sse_settings){
		.max = (how & 1) != 0 ? 12 : 1 << 20,
		.joint = (how & 2) != 0 ? ' ' : '\n',
		.need_done = (how & 4) != 0,
	};
	how >>= 3;
	list_records(text, n, n, 1, &set, &whole);
	list_records(text, n, 0, 1, &set, &cut);
	FUZZ_NEED(same_records(&whole, &cut));
	list_records(text, n, how * n / 32, how + 2, &set, &cut);
	FUZZ_NEED(same_records(&whole, &cut));
	return 0;
}
