// Package catalog holds the products of the shop and finds them.
package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"
)

// Product is something that can be ordered. Price is in cents of the home currency.
type Product struct {
	SKU     string   `json:"sku"`
	Name    string   `json:"name"`
	Price   int64    `json:"price"`
	Grams   int      `json:"grams"`
	HSCode  string   `json:"hs_code"`
	Origin  string   `json:"origin"`
	Aliases []string `json:"aliases,omitempty"`
}

// ErrNotFound is returned for a SKU that the shop does not have.
var ErrNotFound = errors.New("catalog: no such product")

// Catalog is safe for concurrent use.
type Catalog struct {
	mu       sync.RWMutex
	products map[string]*Product
	index    map[string][]string
}

// New makes a catalogue of the given products.
func New(products []Product) *Catalog {
	c := Catalog{products: map[string]*Product{}, index: map[string][]string{}}
	for i := range products {
		c.add(products[i])
	}
	return &c
}

// NewProduct makes a product with a normalised SKU.
func NewProduct(sku, name string, price int64, grams int) *Product {
	p := Product{SKU: strings.ToUpper(sku), Name: name, Price: price, Grams: grams}
	return &p
}

func (c *Catalog) add(p Product) {
	c.products[p.SKU] = &p
	for _, word := range Words(p.Name) {
		c.index[word] = append(c.index[word], p.SKU)
	}
	for _, alias := range p.Aliases {
		c.index[Fold(alias)] = append(c.index[Fold(alias)], p.SKU)
	}
}

// Get returns the product with this SKU.
func (c *Catalog) Get(sku string) (Product, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	p, ok := c.products[sku]
	if !ok {
		return Product{}, fmt.Errorf("%w: %q", ErrNotFound, sku)
	}
	return *p, nil
}

// Len returns how many products there are.
func (c *Catalog) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.products)
}

// Each calls a function for every product in the order of their SKUs, until one fails.
func (c *Catalog) Each(visit func(Product) error) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var skus []string
	for sku := range c.products {
		skus = append(skus, sku)
	}
	sort.Strings(skus)
	for _, sku := range skus {
		if err := visit(*c.products[sku]); err != nil {
			return err
		}
	}
	return nil
}

// Search returns the products that match all words of a query, cheapest first.
func (c *Catalog) Search(query string) []Product {
	c.mu.RLock()
	defer c.mu.RUnlock()
	words := Words(query)
	hits := map[string]int{}
	for _, word := range words {
		seen := make(map[string]bool)
		for _, sku := range c.index[word] {
			if !seen[sku] {
				seen[sku] = true
				hits[sku]++
			}
		}
	}
	var found []Product
	for sku, count := range hits {
		if count == len(words) {
			found = append(found, *c.products[sku])
		}
	}
	sort.Slice(found, func(i, j int) bool {
		if found[i].Price != found[j].Price {
			return found[i].Price < found[j].Price
		}
		return found[i].SKU < found[j].SKU
	})
	return found
}

// Words splits a text into its folded words.
func Words(text string) []string {
	splitter := regexp.MustCompile(`[^\p{L}\p{N}]+`)
	var words []string
	for _, word := range splitter.Split(text, -1) {
		if word != "" {
			words = append(words, Fold(word))
		}
	}
	return words
}

// Fold lowers the letters of a word and drops the accents that customers leave out.
func Fold(word string) string {
	plain := map[rune]rune{
		'à': 'a', 'á': 'a', 'â': 'a', 'ä': 'a', 'ç': 'c', 'è': 'e', 'é': 'e', 'ê': 'e', 'ë': 'e',
		'î': 'i', 'ï': 'i', 'ñ': 'n', 'ô': 'o', 'ö': 'o', 'ù': 'u', 'ú': 'u', 'û': 'u', 'ü': 'u',
	}
	folded := ""
	for _, r := range strings.ToLower(word) {
		if to, ok := plain[r]; ok {
			r = to
		}
		folded += string(r)
	}
	return folded
}

// Import reads supplier rows, one JSON object per line, and adds their products. It returns how many there were.
func (c *Catalog) Import(rows []byte) (int, error) {
	count := 0
	for _, line := range strings.Split(string(rows), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		row := map[string]interface{}{}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return count, fmt.Errorf("catalog: row %d: %w", count+1, err)
		}
		sku, _ := row["sku"].(string)
		name, _ := row["name"].(string)
		price, _ := row["price"].(float64)
		grams, _ := row["grams"].(float64)
		if sku == "" || name == "" {
			return count, fmt.Errorf("catalog: a row needs a sku and a name")
		}
		p := NewProduct(sku, name, int64(price), int(grams))
		p.HSCode, _ = row["hs_code"].(string)
		p.Origin, _ = row["origin"].(string)
		c.mu.Lock()
		c.add(*p)
		c.mu.Unlock()
		count++
	}
	return count, nil
}
