package render

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/order"
)

func sample() *order.Order {
	return &order.Order{ID: "DE-000001", Customer: "c-7", Net: 1380, Tax: 262, Items: []order.Item{
		{Product: catalog.Product{Name: "Grüner Tee", Price: 690}, Quantity: 2, Net: 1380},
	}}
}

func TestInvoice(t *testing.T) {
	text := string(Invoice(sample()))
	for _, want := range []string{`Invoice DE-000001 for "c-7"`, "   2 ×       6.90", "total 16.42"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{"Earl Grey, 125 g": "earl-grey-125-g", "": "", "Tea": "tea"} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestCSV(t *testing.T) {
	var buf bytes.Buffer
	if err := CSV(&buf, "a", `say "b", c`, ""); err != nil || buf.String() != "a,\"say \"\"b\"\", c\",\n" {
		t.Errorf("got %q, %v", buf.String(), err)
	}
}

func TestETag(t *testing.T) {
	if a, b := ETag([]byte("a")), ETag([]byte("b")); a == b || a[0] != '"' {
		t.Errorf("got %s and %s", a, b)
	}
}

func BenchmarkInvoice(b *testing.B) {
	o := sample()
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		Invoice(o)
	}
}

func BenchmarkSlug(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		Slug("Earl Grey Superior, 125 g")
	}
}

func BenchmarkCSV(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if err := CSV(io.Discard, "DE-000001", `Cup, "large"`, "1200"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkETag(b *testing.B) {
	body := bytes.Repeat([]byte("tea "), 100)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		ETag(body)
	}
}
