package httpapi

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"example.com/storefront/internal/order"
	"example.com/storefront/internal/render"
	"example.com/storefront/internal/reqctx"
)

// pick puts a product into a cart.
func (s *Server) pick(w http.ResponseWriter, r *http.Request) {
	var line order.Line
	if err := json.NewDecoder(io.LimitReader(r.Body, maxBody)).Decode(&line); err != nil {
		http.Error(w, fmt.Sprintf("bad request: %v", err), http.StatusBadRequest)
		return
	}
	p, err := s.catalog.Get(line.SKU)
	if err != nil {
		s.fail(w, err)
		return
	}
	quantity, err := s.carts.Add(r.PathValue("customer"), p.SKU, line.Quantity)
	if err != nil {
		s.fail(w, err)
		return
	}
	s.answer(w, http.StatusOK, order.NewLine(p.SKU, quantity))
}

// cart answers with what a customer has picked, and what it comes to before duty and tax.
func (s *Server) cart(w http.ResponseWriter, r *http.Request) {
	lines := s.carts.Lines(r.PathValue("customer"))
	text := ""
	var net int64
	for _, line := range lines {
		p, err := s.catalog.Get(line.SKU)
		if err != nil {
			s.fail(w, err)
			return
		}
		sum := order.NewMoney(p.Price * int64(line.Quantity))
		net += sum.Cents
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d × %s", line.Quantity, p.Name)
	}
	s.answer(w, http.StatusOK, map[string]interface{}{"lines": lines, "text": text, "net": render.Price(net)})
}

// checkout makes an order of a cart and empties it.
func (s *Server) checkout(w http.ResponseWriter, r *http.Request) {
	customer, country := r.PathValue("customer"), reqctx.From(r.Context()).Country
	req := order.Request{Customer: customer, Country: country, Lines: s.carts.Lines(customer)}
	if s.created(w, req) {
		s.carts.Clear(customer)
	}
}
