/* A fuzzer without libFuzzer: it takes the files given, one input each. */
#include "fuzz.h"

static void
one(const char *path)
{
	static uint8_t data[1 << 22];
	FILE *f = fopen(path, "rb");
	uint8_t *copy;
	size_t n;

	if (f == NULL) {
		perror(path);
		exit(1);
	}
	n = fread(data, 1, sizeof(data), f);
	(void)fclose(f);
	copy = (uint8_t *)fuzz_copy((const char *)data, n);
	(void)LLVMFuzzerTestOneInput(copy, n);
	free(copy);
}

int
main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		one(argv[i]);
	printf("%d inputs\n", argc - 1);
	return 0;
}
