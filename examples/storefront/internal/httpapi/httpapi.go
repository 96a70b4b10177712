// Package httpapi serves the shop over HTTP.
package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"example.com/storefront/internal/cart"
	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/labels"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/rates"
	"example.com/storefront/internal/render"
	"example.com/storefront/internal/reqctx"
)

const maxBody = 1 << 20

// Server has what the handlers need.
type Server struct {
	catalog *catalog.Catalog
	orders  *order.Book
	rates   *rates.Book
	carts   *cart.Store
	spool   string
	log     Logger
	stats   *Stats
}

// New makes a server. Labels that are printed go into the spool folder.
func New(c *catalog.Catalog, o *order.Book, r *rates.Book, spool string, log Logger) *Server {
	return &Server{catalog: c, orders: o, rates: r, carts: cart.NewStore(), spool: spool, log: log, stats: NewStats()}
}

// Handler returns all routes with their middleware.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	routes := map[string]http.HandlerFunc{
		"GET /search":               s.search,
		"GET /products/{sku}":       s.product,
		"POST /orders":              s.place,
		"GET /orders/{id}":          s.order,
		"GET /orders/{id}/invoice":  s.invoice,
		"GET /orders/{id}/label":    s.label,
		"GET /carts/{customer}":     s.cart,
		"POST /carts/{customer}":    s.pick,
		"POST /checkout/{customer}": s.checkout,
		"POST /labels":              s.printLabels,
		"GET /products.csv":         s.exportProducts,
		"GET /stats":                s.counts,
		"GET /report":               s.report,
		"GET /export":               s.export,
		"POST /import":              s.importRows,
	}
	for pattern, handler := range routes {
		mux.HandleFunc(pattern, handler)
	}
	return Chain(mux, Identify("web"), AccessLog(s.log), Count(s.stats), Recover(s.log))
}

func (s *Server) search(w http.ResponseWriter, r *http.Request) {
	info := reqctx.From(r.Context())
	results := []interface{}{}
	for _, p := range s.catalog.Search(r.URL.Query().Get("q")) {
		price, err := s.price(p.Price, info.Currency)
		if err != nil {
			s.fail(w, err)
			return
		}
		results = append(results, map[string]interface{}{
			"sku":   p.SKU,
			"name":  p.Name,
			"price": price,
			"url":   fmt.Sprintf("/products/%s#%s", p.SKU, render.Slug(p.Name)),
		})
	}
	s.answer(w, http.StatusOK, map[string]interface{}{"count": len(results), "results": results})
}

func (s *Server) price(cents int64, currency string) (string, error) {
	if currency == "" {
		return render.Price(cents), nil
	}
	converted, err := s.rates.Convert(cents, currency)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %s", currency, render.Price(converted)), nil
}

func (s *Server) product(w http.ResponseWriter, r *http.Request) {
	p, err := s.catalog.Get(r.PathValue("sku"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.answer(w, http.StatusOK, p)
}

func (s *Server) place(w http.ResponseWriter, r *http.Request) {
	var req order.Request
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		s.fail(w, err)
		return
	}
	if err := json.Unmarshal(body, &req); err != nil {
		http.Error(w, fmt.Sprintf("bad request: %v", err), http.StatusBadRequest)
		return
	}
	if req.Customer == "" {
		req.Customer = reqctx.From(r.Context()).Customer
	}
	s.created(w, req)
}

// created places an order, answers with its summary and tells whether it was placed.
func (s *Server) created(w http.ResponseWriter, req order.Request) bool {
	o, err := s.orders.Place(req)
	if err != nil {
		s.fail(w, err)
		return false
	}
	data, err := order.Summary(o)
	if err != nil {
		s.fail(w, err)
		return true
	}
	s.raw(w, http.StatusCreated, "application/json", data)
	return true
}

func (s *Server) order(w http.ResponseWriter, r *http.Request) {
	o, err := s.orders.Get(r.PathValue("id"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.answer(w, http.StatusOK, o)
}

func (s *Server) invoice(w http.ResponseWriter, r *http.Request) {
	o, err := s.orders.Get(r.PathValue("id"))
	if err != nil {
		s.fail(w, err)
		return
	}
	s.raw(w, http.StatusOK, "text/plain; charset=utf-8", render.Invoice(o))
}

func (s *Server) label(w http.ResponseWriter, r *http.Request) {
	o, err := s.orders.Get(r.PathValue("id"))
	if err != nil {
		s.fail(w, err)
		return
	}
	label, err := labels.New(o.ID, o.Country, o.Grams)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.raw(w, http.StatusOK, "application/zpl", []byte(label.Text()))
}

func (s *Server) report(w http.ResponseWriter, r *http.Request) {
	data, err := s.orders.Report()
	if err != nil {
		s.fail(w, err)
		return
	}
	s.raw(w, http.StatusOK, "application/json", data)
}

func (s *Server) export(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/csv")
	if err := render.CSV(w, "id", "customer", "country", "net", "duty", "tax"); err != nil {
		return
	}
	io.WriteString(w, s.orders.Export())
}

func (s *Server) importRows(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		s.fail(w, err)
		return
	}
	count, err := s.catalog.Import(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.answer(w, http.StatusOK, map[string]interface{}{"imported": count, "products": s.catalog.Len()})
}

var answers = sync.Pool{New: func() interface{} { return new(bytes.Buffer) }}

func (s *Server) answer(w http.ResponseWriter, status int, value interface{}) {
	buf := answers.Get().(*bytes.Buffer)
	defer answers.Put(buf)
	if err := json.NewEncoder(buf).Encode(value); err != nil {
		s.fail(w, err)
		return
	}
	s.raw(w, status, "application/json", buf.Next(buf.Len()))
}

func (s *Server) raw(w http.ResponseWriter, status int, kind string, data []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("ETag", render.ETag(data))
	w.WriteHeader(status)
	w.Write([]byte(string(data)))
}

func (s *Server) fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, catalog.ErrNotFound), errors.Is(err, order.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, order.ErrEmpty), errors.Is(err, order.ErrInvalid), errors.Is(err, rates.ErrUnknown), errors.Is(err, cart.ErrQuantity):
		status = http.StatusBadRequest
	}
	http.Error(w, fmt.Sprintf("%v", err), status)
}
