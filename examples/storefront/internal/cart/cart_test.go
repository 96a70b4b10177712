package cart

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"example.com/storefront/internal/order"
)

func TestStore(t *testing.T) {
	s := NewStore()
	for _, c := range []struct {
		sku      string
		quantity int
		want     int
		err      error
	}{
		{"TEA-001", 2, 2, nil},
		{"CUP-001", 1, 1, nil},
		{"TEA-001", 3, 5, nil},
		{"TEA-001", -1, 0, ErrQuantity},
		{"POT-001", 0, 0, ErrQuantity},
	} {
		if got, err := s.Add("c-7", c.sku, c.quantity); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Add(%s, %d) = %d, %v", c.sku, c.quantity, got, err)
		}
	}
	want := []order.Line{{SKU: "TEA-001", Quantity: 5}, {SKU: "CUP-001", Quantity: 1}}
	if got := s.Lines("c-7"); !reflect.DeepEqual(got, want) {
		t.Errorf("Lines = %v", got)
	}
	s.Clear("c-7")
	if got := s.Lines("c-7"); got != nil {
		t.Errorf("Lines = %v after Clear", got)
	}
}

func BenchmarkCart(b *testing.B) {
	s := NewStore()
	skus := make([]string, 8)
	for i := range skus {
		skus[i] = fmt.Sprintf("CUP-%03d", i)
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		for _, sku := range skus {
			if _, err := s.Add("c-7", sku, 1); err != nil {
				b.Fatal(err)
			}
		}
		if len(s.Lines("c-7")) != len(skus) {
			b.Fatal("lost a line")
		}
		s.Clear("c-7")
	}
}
