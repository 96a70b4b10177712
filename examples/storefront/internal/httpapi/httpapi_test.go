package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/rates"
)

func quiet(string, ...interface{}) {}

func handler() http.Handler {
	c := catalog.New([]catalog.Product{
		{SKU: "TEA-001", Name: "Green Tea", Price: 690, Grams: 100, HSCode: "0902"},
		{SKU: "CUP-001", Name: "Tea cup", Price: 1200, Grams: 300, HSCode: "6912"},
	})
	return New(c, order.NewBook(c, quiet), rates.NewBook(rates.NewRate("EUR", 0.5)), quiet).Handler()
}

const cart = `{"customer":"c-7","country":"DE","lines":[{"sku":"TEA-001","quantity":2},{"sku":"CUP-001","quantity":1}]}`

func TestRoutes(t *testing.T) {
	h := handler()
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/orders", cart, 201, `"total":3198`},
		{"POST", "/orders", "{", 400, "bad request"},
		{"POST", "/orders", "{}", 400, "empty"},
		{"GET", "/orders/DE-000001", "", 200, `"duty":108`},
		{"GET", "/orders/nope", "", 404, "no such order"},
		{"GET", "/orders/DE-000001/invoice", "", 200, "total 31.98"},
		{"GET", "/orders/DE-000001/label", "", 200, "DE-000001"},
		{"GET", "/search?q=tea&currency=EUR", "", 200, `"price":"EUR 3.45"`},
		{"GET", "/search?q=tea&currency=XXX", "", 400, "unknown currency"},
		{"GET", "/products/TEA-001", "", 200, `"name":"Green Tea"`},
		{"GET", "/products/nope", "", 404, "no such product"},
		{"GET", "/report", "", 200, `"orders":1`},
		{"GET", "/export", "", 200, "DE-000001;c-7;DE;2580;108;510"},
		{"POST", "/import", `{"sku":"mug-1","name":"Mug","price":5}`, 200, `"products":3`},
		{"POST", "/import", `{}`, 400, "needs a sku"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(c.body)))
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %d %s, want %d and %q", c.method, c.path, w.Code, w.Body, c.status, c.want)
		}
	}
}

func TestRecover(t *testing.T) {
	h := Chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") }), Recover(quiet))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 {
		t.Errorf("got %d", w.Code)
	}
}

// discard is a ResponseWriter that keeps nothing, so that a benchmark measures the handler.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

func bench(b *testing.B, method, path, body string) {
	h := handler()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/orders", strings.NewReader(cart)))
	w := &discard{header: http.Header{}}
	reader := strings.NewReader(body)
	r := httptest.NewRequest(method, path, reader)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		reader.Reset(body)
		h.ServeHTTP(w, r)
	}
}

func BenchmarkSearch(b *testing.B)  { bench(b, "GET", "/search?q=tea&currency=EUR", "") }
func BenchmarkProduct(b *testing.B) { bench(b, "GET", "/products/TEA-001", "") }
func BenchmarkPlace(b *testing.B)   { bench(b, "POST", "/orders", cart) }
func BenchmarkOrder(b *testing.B)   { bench(b, "GET", "/orders/DE-000001", "") }
func BenchmarkInvoice(b *testing.B) { bench(b, "GET", "/orders/DE-000001/invoice", "") }
func BenchmarkLabel(b *testing.B)   { bench(b, "GET", "/orders/DE-000001/label", "") }
func BenchmarkReport(b *testing.B)  { bench(b, "GET", "/report", "") }
func BenchmarkExport(b *testing.B)  { bench(b, "GET", "/export", "") }
func BenchmarkImport(b *testing.B) {
	bench(b, "POST", "/import", `{"sku":"mug-1","name":"Mug","price":1200,"grams":350}`)
}
