# The fuzzers' kept inputs: nothing in them breaks what each of the fuzzers checks.
load helper

@test "each fuzzer takes its kept inputs, and the fixtures" {
    mapfile -t fixtures < <(find "$DATA" -type f)
    for source in "$ROOT"/tests/fuzz/*_fuzz.c; do
        name=${source##*/} name=${name%_fuzz.c}
        kept=("$ROOT/tests/fuzz/$name"/* "$ROOT/tests/fuzz/$name.corpus")
        [ -e "${kept[0]}" ] || unset 'kept[0]'
        [ -e "$ROOT/tests/fuzz/$name.corpus" ] || unset 'kept[-1]'
        run "$BUILD/tests/fuzz/$name" "${kept[@]}" "${fixtures[@]}"
        assert_equal "$name: $status: $output" "$name: 0: $(("${#kept[@]}" + ${#fixtures[@]})) inputs"
        assert [ "${#kept[@]}" -gt 0 ]
    done
}
