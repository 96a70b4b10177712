package order

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"example.com/storefront/internal/catalog"
)

func quiet(string, ...interface{}) {}

func book() *Book {
	return NewBook(catalog.New([]catalog.Product{
		{SKU: "TEA-001", Name: "Grüner Tee", Price: 690, Grams: 100, HSCode: "0902"},
		{SKU: "CUP-001", Name: "Cup", Price: 1200, Grams: 300, HSCode: "6912"},
	}), quiet)
}

var cart = Request{Customer: "c-7", Country: "DE", Lines: []Line{{"TEA-001", 2}, {"CUP-001", 1}}}

func TestPlace(t *testing.T) {
	b := book()
	o, err := b.Place(cart)
	if err != nil {
		t.Fatal(err)
	}
	if o.ID != "DE-000001" || o.Net != 2580 || o.Duty != 108 || o.Tax != 510 || o.Grams != 500 {
		t.Errorf("got %+v", o)
	}
	if got, err := b.Get(o.ID); got != o || err != nil {
		t.Errorf("Get = %v, %v", got, err)
	}
	for _, bad := range []Request{
		{Country: "DE"},
		{Lines: []Line{{"TEA-001", 1}}},
		{Country: "DE", Lines: []Line{{"TEA-001", 0}}},
		{Country: "DE", Lines: []Line{{"NONE", 1}}},
	} {
		if _, err := b.Place(bad); err == nil {
			t.Errorf("Place(%+v) gave no error", bad)
		}
	}
	if _, err := b.Get("?"); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestSummaryAndReport(t *testing.T) {
	b := book()
	o, _ := b.Place(cart)
	b.Place(cart)
	data, err := Summary(o)
	if err != nil || !strings.Contains(string(data), `"label":"2 × Grüner Tee"`) || !strings.Contains(string(data), `"total":3198`) {
		t.Errorf("Summary = %s, %v", data, err)
	}
	var report struct {
		Orders int
		Rows   []struct {
			SKU      string
			Quantity int
			Net      int64
		}
	}
	data, err = b.Report()
	if err != nil || json.Unmarshal(data, &report) != nil {
		t.Fatalf("Report = %s, %v", data, err)
	}
	if report.Orders != 2 || report.Rows[0].SKU != "TEA-001" || report.Rows[0].Quantity != 4 || report.Rows[1].Net != 2400 {
		t.Errorf("got %+v", report)
	}
	if got := b.Export(); strings.Count(got, "\n") != 2 || !strings.HasPrefix(got, "DE-000001;c-7;DE;2580;108;510\n") {
		t.Errorf("Export = %q", got)
	}
}

func BenchmarkPlace(b *testing.B) {
	book := book()
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := book.Place(cart); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSummary(b *testing.B) {
	o, err := book().Place(cart)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := Summary(o); err != nil {
			b.Fatal(err)
		}
	}
}

func filled(n int) *Book {
	book := book()
	for i := 0; i < n; i++ {
		book.Place(cart)
	}
	return book
}

func BenchmarkReport(b *testing.B) {
	book := filled(200)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		if _, err := book.Report(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExport(b *testing.B) {
	book := filled(200)
	b.ReportAllocs()
	for i := 0; i < b.N; i++ {
		book.Export()
	}
}
