package catalog

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func sample(n int) []Product {
	products := []Product{
		{SKU: "TEA-001", Name: "Grüner Tee", Price: 690, Grams: 100, HSCode: "0902", Origin: "CN", Aliases: []string{"green"}},
		{SKU: "TEA-002", Name: "Earl Grey Tea", Price: 540, Grams: 125, HSCode: "0902", Origin: "LK"},
	}
	for i := len(products); i < n; i++ {
		products = append(products, Product{SKU: fmt.Sprintf("CUP-%03d", i), Name: fmt.Sprintf("Cup number %d", i), Price: int64(100 + i), Grams: 300})
	}
	return products
}

func TestSearch(t *testing.T) {
	c := New(sample(50))
	for query, want := range map[string]string{"gruner": "TEA-001", "GREEN": "TEA-001", "earl tea": "TEA-002", "cup 7": "CUP-007", "nothing": ""} {
		got := ""
		if found := c.Search(query); len(found) > 0 {
			got = found[0].SKU
		}
		if got != want {
			t.Errorf("Search(%q) = %q, want %q", query, got, want)
		}
	}
}

func TestGetUnknown(t *testing.T) {
	if _, err := New(nil).Get("X"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

const rows = `{"sku":"mug-1","name":"Mug","price":1200,"grams":350,"origin":"PT"}
{"sku":"mug-2","name":"Large mug","price":1500,"grams":450,"origin":"PT"}
`

func TestImport(t *testing.T) {
	c := New(nil)
	if n, err := c.Import([]byte(rows)); n != 2 || err != nil {
		t.Fatalf("Import = %d, %v", n, err)
	}
	if p, err := c.Get("MUG-1"); err != nil || p.Price != 1200 || p.Origin != "PT" {
		t.Errorf("Get = %+v, %v", p, err)
	}
	for _, bad := range []string{"{", `{"name":"x"}`} {
		if _, err := c.Import([]byte(bad)); err == nil {
			t.Errorf("Import(%q) gave no error", bad)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	c := New(sample(500))
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if len(c.Search("cup number 77")) != 1 {
			b.Fatal("not found")
		}
	}
}

func BenchmarkWords(b *testing.B) {
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		Words("Thé vert à la menthe, 100 g")
	}
}

func BenchmarkImport(b *testing.B) {
	data := []byte(strings.Repeat(rows, 20))
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := New(nil).Import(data); err != nil {
			b.Fatal(err)
		}
	}
}
