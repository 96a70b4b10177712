//go:build !cgo

package labels

func checkDigit(code string) int {
	sum, weight, seen := 0, 3, false
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			continue
		}
		sum += weight * int(c-'0')
		weight = 4 - weight
		seen = true
	}
	if !seen {
		return -1
	}
	return (10 - sum%10) % 10
}
