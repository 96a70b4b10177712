// Package cart holds what customers have picked but not bought yet.
package cart

import (
	"errors"
	"fmt"
	"sync"

	"example.com/storefront/internal/order"
)

// ErrQuantity is returned where less than one of a product is picked.
var ErrQuantity = errors.New("cart: quantity must be positive")

// Store has the carts of all customers. It is safe for concurrent use.
type Store struct {
	mu    sync.Mutex
	lines map[string]*order.Line
	skus  map[string][]string
}

// NewStore makes a store without carts.
func NewStore() *Store {
	s := Store{lines: make(map[string]*order.Line), skus: make(map[string][]string)}
	return &s
}

// Add puts more of a product into a cart and returns how many there are now.
func (s *Store) Add(customer, sku string, quantity int) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if quantity < 1 {
		return 0, fmt.Errorf("%w: %v of %q", ErrQuantity, quantity, sku)
	}
	key := fmt.Sprintf("%s:%s", customer, sku)
	line, ok := s.lines[key]
	if !ok {
		line = order.NewLine(sku, 0)
		s.lines[key] = line
		s.skus[customer] = append(s.skus[customer], sku)
	}
	line.Quantity += quantity
	return line.Quantity, nil
}

// Lines returns what is in a cart, in the order in which it was picked.
func (s *Store) Lines(customer string) []order.Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []order.Line
	for _, sku := range s.skus[customer] {
		lines = append(lines, *s.lines[fmt.Sprintf("%s:%s", customer, sku)])
	}
	return lines
}

// Clear empties a cart.
func (s *Store) Clear(customer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sku := range s.skus[customer] {
		delete(s.lines, fmt.Sprintf("%s:%s", customer, sku))
	}
	delete(s.skus, customer)
}
