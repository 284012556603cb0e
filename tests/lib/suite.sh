# shellcheck shell=bash
# For suites in shell: writes TAP.  To be sourced by tests/SUITE/run, which
# then calls check for each of its tests and at last finish_suite.

suite_pattern=${1-}
suite_tests=0
suite_failed=0

# check NAME FUNCTION: a test that is passed if FUNCTION succeeds.  What
# FUNCTION prints should start with "# ".
check() {
    case $1 in *"$suite_pattern"*) ;; *) return ;; esac
    local explanation
    suite_tests=$((suite_tests + 1))
    if explanation=$("$2"); then
        echo "ok $suite_tests - $1"
    else
        suite_failed=1
        echo "not ok $suite_tests - $1"
        printf '%s\n' "$explanation"
    fi
}

finish_suite() {
    echo "1..$suite_tests"
    exit $suite_failed
}
