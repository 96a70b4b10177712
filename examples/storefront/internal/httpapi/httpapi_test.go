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

func handler(tb testing.TB) http.Handler {
	c := catalog.New([]catalog.Product{
		{SKU: "TEA-001", Name: "Green Tea", Price: 690, Grams: 100, HSCode: "0902"},
		{SKU: "CUP-001", Name: "Tea cup", Price: 1200, Grams: 300, HSCode: "6912"},
	})
	return New(c, order.NewBook(c, quiet), rates.NewBook(rates.NewRate("EUR", 0.5)), tb.TempDir(), quiet).Handler()
}

const purchase = `{"customer":"c-7","country":"DE","lines":[{"sku":"TEA-001","quantity":2},{"sku":"CUP-001","quantity":1}]}`

func TestRoutes(t *testing.T) {
	h := handler(t)
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"POST", "/orders", purchase, 201, `"total":3198`},
		{"POST", "/orders", "{", 400, "bad request"},
		{"POST", "/orders", "{}", 400, "empty"},
		{"POST", "/orders", `{"country":"DE","lines":[{"sku":"TEA-001"}]}`, 400, "quantity must be positive"},
		{"POST", "/orders", `{"lines":[{"sku":"TEA-001","quantity":1}]}`, 400, "country is missing"},
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
		{"POST", "/carts/c-8", `{"sku":"TEA-001","quantity":2}`, 200, `{"sku":"TEA-001","quantity":2}`},
		{"POST", "/carts/c-8", `{"sku":"CUP-001","quantity":-1}`, 400, "must be positive"},
		{"GET", "/carts/c-8", "", 200, `"net":"13.80","text":"2 × Green Tea"`},
		{"POST", "/checkout/c-8", "", 201, `"id":"DE-000002"`},
		{"GET", "/carts/c-8", "", 200, `"lines":null`},
		{"POST", "/checkout/c-8", "", 400, "empty"},
		{"POST", "/labels", `["DE-000001","DE-000002"]`, 200, `{"printed":2}`},
		{"POST", "/labels", `["nope"]`, 404, "no such order"},
		{"GET", "/products.csv", "", 200, "CUP-001,Tea cup,12.00,300,6912,\n"},
		{"GET", "/stats", "", 200, `{"key":"GET DE 200","count":10}`},
		{"POST", "/import", `{"sku":"mug-1","name":"Mug","price":5}`, 200, `"products":3`},
		{"POST", "/import", `{}`, 400, "needs a sku"},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Header.Set("X-Country", "DE")
		h.ServeHTTP(w, r)
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
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

func bench(b *testing.B, method, path, body string) {
	h := handler(b)
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/orders", strings.NewReader(purchase)))
	for _, sku := range []string{"TEA-001", "CUP-001"} {
		line := strings.NewReader(`{"sku":"` + sku + `","quantity":1}`)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/carts/c-7", line))
	}
	w := &discard{header: http.Header{}}
	reader := strings.NewReader(body)
	r := httptest.NewRequest(method, path, reader)
	r.Header.Set("X-Country", "DE")
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		reader.Reset(body)
		h.ServeHTTP(w, r)
	}
	if w.status >= http.StatusBadRequest {
		b.Fatalf("status %d", w.status)
	}
}

// BenchmarkCheckout picks a product first, because a checkout empties the cart.
func BenchmarkCheckout(b *testing.B) {
	h := handler(b)
	w := &discard{header: http.Header{}}
	const line = `{"sku":"TEA-001","quantity":2}`
	reader := strings.NewReader(line)
	pick, buy := httptest.NewRequest("POST", "/carts/c-7", reader), httptest.NewRequest("POST", "/checkout/c-7", nil)
	buy.Header.Set("X-Country", "DE")
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		reader.Reset(line)
		h.ServeHTTP(w, pick)
		h.ServeHTTP(w, buy)
	}
	if w.status != http.StatusCreated {
		b.Fatalf("status %d", w.status)
	}
}

func BenchmarkPick(b *testing.B)     { bench(b, "POST", "/carts/c-7", `{"sku":"CUP-001","quantity":1}`) }
func BenchmarkCart(b *testing.B)     { bench(b, "GET", "/carts/c-7", "") }
func BenchmarkLabels(b *testing.B)   { bench(b, "POST", "/labels", `["DE-000001"]`) }
func BenchmarkProducts(b *testing.B) { bench(b, "GET", "/products.csv", "") }
func BenchmarkStats(b *testing.B)    { bench(b, "GET", "/stats", "") }
func BenchmarkSearch(b *testing.B)   { bench(b, "GET", "/search?q=tea&currency=EUR", "") }
func BenchmarkProduct(b *testing.B)  { bench(b, "GET", "/products/TEA-001", "") }
func BenchmarkPlace(b *testing.B)    { bench(b, "POST", "/orders", purchase) }
func BenchmarkOrder(b *testing.B)    { bench(b, "GET", "/orders/DE-000001", "") }
func BenchmarkInvoice(b *testing.B)  { bench(b, "GET", "/orders/DE-000001/invoice", "") }
func BenchmarkLabel(b *testing.B)    { bench(b, "GET", "/orders/DE-000001/label", "") }
func BenchmarkReport(b *testing.B)   { bench(b, "GET", "/report", "") }
func BenchmarkExport(b *testing.B)   { bench(b, "GET", "/export", "") }
func BenchmarkImport(b *testing.B) {
	bench(b, "POST", "/import", `{"sku":"mug-1","name":"Mug","price":1200,"grams":350}`)
}
