// Command storefront serves the shop.
package main

import (
	"context"
	"flag"
	"log"
	"net"
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
	spool := flag.String("spool", os.TempDir(), "folder for parcel labels")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	if err := run(ctx, listener, *every, *spool); err != nil {
		log.Fatal(err)
	}
}

// run serves until the context ends, then lets the requests under way finish.
func run(ctx context.Context, listener net.Listener, every time.Duration, spool string) error {
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
		Handler:           httpapi.New(shop, order.NewBook(shop, log.Printf), book, spool, log.Printf).Handler(),
		ReadHeaderTimeout: 5 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Printf("listening on %s", listener.Addr())
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return server.Shutdown(grace)
}
