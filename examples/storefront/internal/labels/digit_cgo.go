//go:build cgo

package labels

/*
#include <ctype.h>
#include <stdlib.h>

// carrier_digit is the carrier's check digit: alternating weights 3 and 1, modulo 10; -1 without digits.
static int carrier_digit(const char *code) {
	int sum = 0, weight = 3, seen = 0;
	for (; *code; code++) {
		if (!isdigit((unsigned char)*code)) continue;
		sum += weight * (*code - '0');
		weight = 4 - weight;
		seen = 1;
	}
	return seen ? (10 - sum % 10) % 10 : -1;
}
*/
import "C"

func checkDigit(code string) int {
	return int(C.carrier_digit(C.CString(code)))
}
