// Package order turns carts into orders with duty and tax, keeps them, and reports on them.
package order

import (
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
	"sync"

	"example.com/storefront/internal/catalog"
)

// Line is a product and how many of it.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int    `json:"quantity"`
}

// NewLine makes a line.
func NewLine(sku string, quantity int) *Line {
	l := Line{SKU: sku, Quantity: quantity}
	return &l
}

// Request is a cart that is to become an order.
type Request struct {
	Customer string `json:"customer"`
	Country  string `json:"country"`
	Lines    []Line `json:"lines"`
}

// Item is a line of an order, priced. Amounts are cents of the home currency.
type Item struct {
	Product  catalog.Product `json:"product"`
	Quantity int             `json:"quantity"`
	Net      int64           `json:"net"`
	Duty     int64           `json:"duty"`
}

// Order is what a customer has bought.
type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Country  string `json:"country"`
	Items    []Item `json:"items"`
	Net      int64  `json:"net"`
	Duty     int64  `json:"duty"`
	Tax      int64  `json:"tax"`
	Grams    int    `json:"grams"`
}

// Total is what the customer pays, in cents.
func (o *Order) Total() int64 { return o.Net + o.Duty + o.Tax }

var (
	// ErrEmpty is returned for a cart without lines.
	ErrEmpty = errors.New("order: the cart is empty")
	// ErrInvalid is returned for a value that no order can have.
	ErrInvalid = errors.New("order: invalid")
	// ErrNotFound is returned for an order that does not exist.
	ErrNotFound = errors.New("order: no such order")
)

// Money is an amount on its way through a calculation.
type Money struct {
	Cents int64
	Exact bool
}

// NewMoney makes an exact amount.
func NewMoney(cents int64) *Money {
	m := Money{Cents: cents, Exact: true}
	return &m
}

// Scale multiplies by a rate in basis points.
func (m *Money) Scale(points int64) *Money {
	scaled := Money{Cents: m.Cents * points / 10000, Exact: m.Exact && m.Cents*points%10000 == 0}
	return &scaled
}

// DutyPoints returns the duty on a tariff heading in a country, in basis points.
func DutyPoints(country, hsCode string) int64 {
	table := map[string]int64{
		"DE/0902": 0, "FR/0902": 0, "US/0902": 640, "CH/0902": 0, "DE/6912": 900, "FR/6912": 900, "US/6912": 980, "CH/6912": 310,
	}
	return table[fmt.Sprintf("%s/%s", country, hsCode)]
}

// TaxPoints returns the sales tax of a country, in basis points.
func TaxPoints(country string) int64 {
	switch country {
	case "DE":
		return 1900
	case "FR":
		return 2000
	case "CH":
		return 810
	}
	return 0
}

// Book keeps orders. It is safe for concurrent use.
type Book struct {
	catalog *catalog.Catalog
	log     func(string, ...interface{})

	mu     sync.Mutex
	next   int
	orders map[string]*Order
}

// NewBook makes an empty book. Events are told to log.
func NewBook(c *catalog.Catalog, log func(string, ...interface{})) *Book {
	return &Book{catalog: c, log: log, orders: map[string]*Order{}}
}

// Place prices a cart and keeps it as an order.
func (b *Book) Place(req Request) (*Order, error) {
	if len(req.Lines) == 0 {
		return nil, ErrEmpty
	}
	if err := check("country", req.Country); err != nil {
		return nil, err
	}
	o := Order{Customer: req.Customer, Country: req.Country}
	for _, line := range req.Lines {
		if err := check("quantity", line.Quantity); err != nil {
			return nil, err
		}
		p, err := b.catalog.Get(line.SKU)
		if err != nil {
			return nil, err
		}
		net := NewMoney(p.Price * int64(line.Quantity))
		duty := net.Scale(DutyPoints(req.Country, p.HSCode))
		o.Items = append(o.Items, Item{Product: p, Quantity: line.Quantity, Net: net.Cents, Duty: duty.Cents})
		o.Net += net.Cents
		o.Duty += duty.Cents
		o.Grams += p.Grams * line.Quantity
	}
	tax := NewMoney(o.Net + o.Duty).Scale(TaxPoints(req.Country))
	o.Tax = tax.Cents
	b.mu.Lock()
	b.next++
	o.ID = fmt.Sprintf("%s-%06d", req.Country, b.next)
	b.orders[o.ID] = &o
	b.mu.Unlock()
	b.log("order %s: %d items for %s", o.ID, len(o.Items), o.Customer)
	return &o, nil
}

// check says what is wrong with a value of a request.
func check(name string, value interface{}) error {
	switch v := value.(type) {
	case int:
		if v <= 0 {
			return fmt.Errorf("%w: %s must be positive", ErrInvalid, name)
		}
	case string:
		if v == "" {
			return fmt.Errorf("%w: %s is missing", ErrInvalid, name)
		}
	}
	return nil
}

// Get returns an order.
func (b *Book) Get(id string) (*Order, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.orders[id]
	if !ok {
		return nil, ErrNotFound
	}
	return o, nil
}

// Summary returns an order as the front end wants it.
func Summary(o *Order) ([]byte, error) {
	lines := []map[string]interface{}{}
	for _, item := range o.Items {
		lines = append(lines, map[string]interface{}{
			"sku":      item.Product.SKU,
			"quantity": item.Quantity,
			"net":      item.Net,
			"label":    fmt.Sprintf("%d × %s", item.Quantity, item.Product.Name),
		})
	}
	return json.Marshal(map[string]interface{}{
		"id":       o.ID,
		"customer": o.Customer,
		"country":  o.Country,
		"lines":    lines,
		"duty":     o.Duty,
		"tax":      o.Tax,
		"total":    o.Total(),
	})
}

// Report adds up the sales by country and product, best first.
func (b *Book) Report() ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	sales := map[string]map[string]interface{}{}
	for _, o := range b.orders {
		for _, item := range o.Items {
			key := o.Country + "/" + item.Product.SKU
			entry, ok := sales[key]
			if !ok {
				entry = map[string]interface{}{"country": o.Country, "sku": item.Product.SKU, "quantity": 0, "net": int64(0)}
				sales[key] = entry
			}
			entry["quantity"] = entry["quantity"].(int) + item.Quantity
			entry["net"] = entry["net"].(int64) + item.Net
		}
	}
	var rows []map[string]interface{}
	for _, entry := range sales {
		rows = append(rows, entry)
	}
	sort.Slice(rows, func(i, j int) bool {
		if rows[i]["net"] != rows[j]["net"] {
			return rows[i]["net"].(int64) > rows[j]["net"].(int64)
		}
		if rows[i]["sku"] != rows[j]["sku"] {
			return rows[i]["sku"].(string) < rows[j]["sku"].(string)
		}
		return rows[i]["country"].(string) < rows[j]["country"].(string)
	})
	return json.Marshal(map[string]interface{}{"orders": len(b.orders), "rows": rows})
}

// Export writes one line per order, for the accountants.
func (b *Book) Export() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := []string{}
	for id := range b.orders {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	out := ""
	for _, id := range ids {
		o := b.orders[id]
		out += strings.Join([]string{o.ID, o.Customer, o.Country, fmt.Sprint(o.Net), fmt.Sprint(o.Duty), fmt.Sprint(o.Tax)}, ";")
		out += "\n"
	}
	return out
}
