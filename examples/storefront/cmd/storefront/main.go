// Command storefront serves the shop.
package main

import (
	"context"
	"errors"
	"flag"
	"log"
	"net/http"
	"os"
	"os/signal"
	"time"

	"example.com/storefront/internal/catalog"
	"example.com/storefront/internal/httpapi"
	"example.com/storefront/internal/order"
	"example.com/storefront/internal/rates"
)

var products = []catalog.Product{
	{SKU: "TEA-001", Name: "Green Tea", Price: 690, Grams: 100, HSCode: "0902", Origin: "CN"},
	{SKU: "TEA-002", Name: "Earl Grey Tea", Price: 540, Grams: 125, HSCode: "0902", Origin: "LK"},
	{SKU: "CUP-001", Name: "Tea cup", Price: 1200, Grams: 300, HSCode: "6912", Origin: "PT"},
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	every := flag.Duration("rates", time.Minute, "how often to ask for rates")
	flag.Parse()
	if err := run(*addr, *every); err != nil {
		log.Fatal(err)
	}
}

func run(addr string, every time.Duration) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	book := rates.NewBook(rates.NewRate("EUR", 0.92), rates.NewRate("CHF", 0.88), rates.NewRate("CNY", 7.2))
	// Until there is a contract with a bank, the rates are those of last month.
	fixed := func(_ context.Context, currency string) (float64, error) {
		cents, err := book.Convert(1_000_000, currency)
		return float64(cents) / 1_000_000, err
	}
	updates := rates.Feed(ctx, fixed, []string{"EUR", "CHF", "CNY"}, every)
	go rates.Follow(book, updates, 5*every, func(d time.Duration) { log.Printf("no rates for %v", d) })
	shop := catalog.New(products)
	server := &http.Server{
		Addr:              addr,
		Handler:           httpapi.New(shop, order.NewBook(shop, log.Printf), book, log.Printf).Handler(),
		ReadHeaderTimeout: 5 * time.Second,
	}
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Shutdown(grace)
	}()
	log.Printf("listening on %s", addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
