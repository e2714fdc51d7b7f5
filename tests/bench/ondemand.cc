// What supai-text -k main prints of a recording, by simdjson's On-Demand parser:
// ondemand FILE. For `make bench`, which builds it where simdjson is there.
#include <cstdio>
#include <string>
#include <string_view>

#include <simdjson.h>

using namespace simdjson;

int
main(int argc, char **argv)
{
	padded_string file;
	ondemand::parser parser;
	ondemand::document_stream records;
	std::string out;

	if (argc != 2 || padded_string::load(argv[1]).get(file) != SUCCESS ||
	    parser.iterate_many(file, 4 << 20).get(records) != SUCCESS)
		return 1;
	// The members are asked for in the order in which they stand: the fast way.
	for (auto record : records) {
		std::string_view type, key, text;
		ondemand::object chunk;

		if (record["chunk"].get(chunk) != SUCCESS ||
		    chunk["_source"]["key"].get(key) != SUCCESS || key != "main" ||
		    chunk["type"].get(type) != SUCCESS || type != "text" ||
		    chunk["text"].get(text) != SUCCESS)
			continue;
		out += text;
	}
	return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() ? 0 : 1;
}
