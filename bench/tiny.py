"""The tiny package: a command of 254 lines as people write them, and a test of it."""

from __future__ import annotations

MAIN = r"""// Command tiny keeps the stock of a small shop: it reads movements as lines of JSON and prints what is left.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

var (
	errUnknown = errors.New("unknown article")
	errShort   = errors.New("not enough in stock")
)

// A Kind says what a movement does.
type Kind string

// The kinds of movements.
const (
	Arrival   Kind = "arrival"
	Departure Kind = "departure"
	Count     Kind = "count"
)

// A Movement is one line of the input.
type Movement struct {
	ID      string    `json:"id"`
	Kind    Kind      `json:"kind"`
	Article string    `json:"article"`
	Amount  int       `json:"amount"`
	Price   float64   `json:"price,omitempty"`
	At      time.Time `json:"at"`
	Tags    []string  `json:"tags,omitempty"`
}

// Check says what is wrong with a movement.
func (m *Movement) Check() error {
	switch {
	case m.ID == "":
		return errors.New("a movement without an id")
	case m.Article == "":
		return fmt.Errorf("movement %s: no article", m.ID)
	case m.Amount < 0:
		return fmt.Errorf("movement %s: amount %d is negative", m.ID, m.Amount)
	}
	switch m.Kind {
	case Arrival, Departure, Count:
		return nil
	}
	return fmt.Errorf("movement %s: unknown kind %q", m.ID, m.Kind)
}

// A Lot is what came in at one price.
type Lot struct {
	Amount int
	Price  float64
	At     time.Time
}

// An Article is what is in stock of one thing, the oldest lot first.
type Article struct {
	Name string
	Lots []*Lot
	Tags map[string]bool
}

// Stock is the number of pieces.
func (a *Article) Stock() int {
	total := 0
	for _, lot := range a.Lots {
		total += lot.Amount
	}
	return total
}

// Value is what the pieces cost.
func (a *Article) Value() float64 {
	var total float64
	for _, lot := range a.Lots {
		total += float64(lot.Amount) * lot.Price
	}
	return total
}

func (a *Article) add(amount int, price float64, at time.Time) {
	lot := Lot{Amount: amount, Price: price, At: at}
	a.Lots = append(a.Lots, &lot)
}

func (a *Article) remove(amount int) (float64, error) {
	if stock := a.Stock(); stock < amount {
		return 0, fmt.Errorf("%s: %d of %d: %w", a.Name, amount, stock, errShort)
	}
	var cost float64
	for amount > 0 {
		lot := a.Lots[0]
		taken := min(amount, lot.Amount)
		cost += float64(taken) * lot.Price
		lot.Amount -= taken
		amount -= taken
		if lot.Amount == 0 {
			a.Lots = a.Lots[1:]
		}
	}
	return cost, nil
}

// An Observer is told of each movement that was applied.
type Observer func(m *Movement, stock int)

// A Store holds articles. It is safe for concurrent use.
type Store struct {
	mu        sync.RWMutex
	articles  map[string]*Article
	seen      map[string]struct{}
	observers []Observer
	earned    float64
}

// NewStore makes an empty store.
func NewStore() *Store {
	return &Store{articles: make(map[string]*Article), seen: make(map[string]struct{})}
}

// Observe adds an observer.
func (s *Store) Observe(o Observer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.observers = append(s.observers, o)
}

// Apply does what a movement says, once.
func (s *Store) Apply(m Movement) error {
	if err := m.Check(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.seen[m.ID]; again {
		return nil
	}
	article, known := s.articles[m.Article]
	if !known {
		if m.Kind != Arrival {
			return fmt.Errorf("movement %s: %s: %w", m.ID, m.Article, errUnknown)
		}
		article = &Article{Name: m.Article, Tags: map[string]bool{}}
		s.articles[m.Article] = article
	}
	switch m.Kind {
	case Arrival:
		article.add(m.Amount, m.Price, m.At)
	case Departure:
		cost, err := article.remove(m.Amount)
		if err != nil {
			return err
		}
		s.earned += float64(m.Amount)*m.Price - cost
	case Count:
		article.Lots = article.Lots[:0]
		article.add(m.Amount, m.Price, m.At)
	}
	for _, tag := range m.Tags {
		article.Tags[strings.ToLower(tag)] = true
	}
	s.seen[m.ID] = struct{}{}
	for _, observer := range s.observers {
		observer(&m, article.Stock())
	}
	return nil
}

// Filter gives the articles for which keep is true, by name.
func (s *Store) Filter(keep func(*Article) bool) []*Article {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var found []*Article
	for _, article := range s.articles {
		if keep(article) {
			found = append(found, article)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return found
}

// Read applies all movements of a reader and gives those errors that concern one line only.
func Read(r io.Reader, s *Store) (problems []error, err error) {
	lines := bufio.NewScanner(r)
	number := 0
	for lines.Scan() {
		number++
		text := strings.TrimSpace(lines.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		var m Movement
		if err := json.Unmarshal([]byte(text), &m); err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", number, err))
			continue
		}
		if err := s.Apply(m); err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", number, err))
		}
	}
	return problems, lines.Err()
}

// Report prints a line for each article.
func Report(w io.Writer, articles []*Article) {
	for _, article := range articles {
		tags := make([]string, 0, len(article.Tags))
		for tag := range article.Tags {
			tags = append(tags, tag)
		}
		sort.Strings(tags)
		label := article.Name + " [" + strings.Join(tags, ",") + "]"
		fmt.Fprintf(w, "%-40s %6d %10s\n", label, article.Stock(), money(article.Value()))
	}
}

func money(value float64) string {
	return strconv.FormatFloat(value, 'f', 2, 64) + " €"
}

func main() {
	tag := flag.String("tag", "", "only articles with this tag")
	loud := flag.Bool("v", false, "tell of each movement")
	flag.Parse()
	store := NewStore()
	if *loud {
		store.Observe(func(m *Movement, stock int) {
			fmt.Fprintln(os.Stderr, m.At.Format(time.RFC3339), m.Kind, m.Amount, "×", m.Article, "→", stock)
		})
	}
	problems, err := Read(os.Stdin, store)
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	Report(os.Stdout, store.Filter(func(a *Article) bool { return *tag == "" || a.Tags[*tag] }))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
"""

TEST = r"""package main

import (
	"strings"
	"testing"
)

const movements = `
{"id": "1", "kind": "arrival", "article": "bolt", "amount": 10, "price": 0.5, "at": "2026-01-02T15:04:05Z"}
{"id": "2", "kind": "departure", "article": "bolt", "amount": 4, "price": 0.75, "at": "2026-01-03T15:04:05Z"}
{"id": "3", "kind": "departure", "article": "nut", "amount": 1, "at": "2026-01-03T15:04:05Z"}
`

func TestRead(t *testing.T) {
	store := NewStore()
	problems, err := Read(strings.NewReader(movements), store)
	if err != nil || len(problems) != 1 {
		t.Fatalf("got %v, %v", problems, err)
	}
	all := store.Filter(func(*Article) bool { return true })
	if len(all) != 1 || all[0].Stock() != 6 {
		t.Errorf("got %v", all)
	}
}
"""
