// Package rates keeps currency rates fresh and converts amounts.
package rates

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Rate says how much one unit of the home currency is worth.
type Rate struct {
	Currency string
	Value    float64
	At       time.Time
}

// ErrUnknown is returned for a currency without a rate.
var ErrUnknown = errors.New("rates: unknown currency")

// NewRate makes a rate as of now.
func NewRate(currency string, value float64) *Rate {
	r := Rate{Currency: currency, Value: value, At: time.Now()}
	return &r
}

// Book has the latest rate of each currency.
type Book struct {
	mu    sync.RWMutex
	rates map[string]*Rate
}

// NewBook makes a book of the given rates.
func NewBook(rates ...*Rate) *Book {
	b := &Book{rates: make(map[string]*Rate)}
	for _, r := range rates {
		b.rates[r.Currency] = r
	}
	return b
}

// Set takes a newer rate.
func (b *Book) Set(r *Rate) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rates[r.Currency] = r
}

// Convert returns cents of the home currency in cents of another.
func (b *Book) Convert(cents int64, currency string) (int64, error) {
	b.mu.RLock()
	r, ok := b.rates[currency]
	b.mu.RUnlock()
	if !ok {
		return 0, fmt.Errorf("%w: %s", ErrUnknown, currency)
	}
	return int64(float64(cents)*r.Value + 0.5), nil
}

// Source asks for a currency's rate.
type Source func(ctx context.Context, currency string) (float64, error)

// Feed asks a source for each currency at every tick and sends what it learns until the context ends.
func Feed(ctx context.Context, source Source, currencies []string, every time.Duration) <-chan *Rate {
	updates := make(chan *Rate, len(currencies))
	ticker := time.NewTicker(every)
	go func() {
		defer close(updates)
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				for _, currency := range currencies {
					value, err := source(ctx, currency)
					if err != nil {
						continue
					}
					updates <- &Rate{Currency: currency, Value: value, At: time.Now()}
				}
			}
		}
	}()
	return updates
}

// Follow keeps a book up to date from a feed, and reports when none has come for a while.
func Follow(book *Book, updates <-chan *Rate, patience time.Duration, quiet func(time.Duration)) {
	for {
		select {
		case r, ok := <-updates:
			if !ok {
				return
			}
			book.Set(r)
		case <-time.After(patience):
			quiet(patience)
		}
	}
}
