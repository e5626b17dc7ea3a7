"""What people of the simulated company write down: Bahasa Indonesia as it is typed in offices, and some English."""

from api.simulation.dice import Dice

OPENINGS = (
    "Percakapan dengan {who} dari {city}:",
    "Catatan untuk {who} ({city}):",
    "Ringkasan pembicaraan, {who}:",
    "Terhubung dengan {who}, suasana baik;",
    "{who}, {city}, sesuai janji sebelumnya:",
    "Dicatat oleh kantor {city} mengenai {who}:",
)
CLOSINGS = (
    "Sudah dijelaskan dan beliau menerima, akan dikabari lagi minggu depan bila ada perkembangan.",
    "Beliau berterima kasih, minta dihubungi lagi setelah jam makan siang lewat WhatsApp saja.",
    "Tindak lanjut: kirim ringkasan melalui e-mail dan catat di berkas pelanggan sebelum pukul 16.00.",
    "Nada bicara ramah. Tidak ada keluhan lain, mohon jangan ditelepon pada hari Minggu.",
    "Diteruskan ke bagian terkait, jawaban dijanjikan paling lambat dua hari kerja.",
    "Beliau akan membicarakannya dulu dengan keluarga dan memberi kabar akhir bulan ini.",
    "Sudah dikonfirmasi ulang nama dan alamatnya; data di sistem kami sudah benar.",
    "Minta agar staf yang sama yang menangani lain kali, karena sudah tahu ceritanya.",
)
BODIES: dict[str, tuple[str, ...]] = {
    "relationship": (
        "menanyakan kabar setelah pembelian {product} bulan lalu; dipakai setiap hari dan keluarga puas dengan "
        "hasilnya.",
        "mengucapkan selamat ulang tahun, beliau senang diingat dan bercerita tentang rencana mudik ke kampung "
        "halaman.",
        "membahas tujuan keuangan tahun ini: dana pendidikan anak kedua dan renovasi rumah di {city} sebelum "
        "akhir tahun.",
        "memberi tips merawat {product} supaya tahan lama; beliau mencatat dan bertanya soal suku cadang asli.",
        "silaturahmi setelah Lebaran, usaha warungnya mulai ramai lagi, berniat menambah stok dan menata pembukuan.",
        "menjelaskan cara memakai aplikasi untuk melihat poin dan saldo; beliau mencoba sendiri sampai berhasil.",
    ),
    "selling": (
        "menawarkan {product} dengan harga khusus anggota sampai akhir bulan, sesuai dengan yang dipakai beliau "
        "sekarang.",
        "menyampaikan produk baru {product}; beliau tertarik tetapi ingin membandingkan dulu dengan merek yang lama.",
        "memberi penawaran paket {product} dan cicilan 12 bulan tanpa bunga, brosur dikirim sebagai lampiran.",
        "mengingatkan promosi gajian untuk {product}; stok di gudang tinggal sedikit dan ongkos kirim kami tanggung.",
    ),
    "question": (
        "bertanya apakah {product} masih tersedia di toko {city} dan berapa lama pengirimannya kalau dipesan hari ini.",
        "menanyakan saldo tabungan serta biaya administrasi yang dipotong dua kali pada awal bulan ini.",
        "ingin tahu syarat klaim garansi untuk {product}, struk belanja sudah hilang tetapi ada bukti transfer.",
        "lupa kata sandi aplikasi sejak ganti telepon genggam, kode OTP tidak kunjung masuk walau sudah dicoba "
        "tiga kali.",
        "menanyakan suku bunga deposito enam bulan dan apakah bisa dicairkan sebelum jatuh tempo tanpa denda.",
        "minta jadwal kunjungan teknisi untuk memasang {product}, hanya bisa hari Sabtu pagi di rumah.",
        "bertanya cara mengubah alamat pengiriman karena pindah kontrakan, pesanan {product} belum berangkat.",
        "menanyakan manfaat asuransi rawat inap keluarga, apakah orang tua di atas 60 tahun bisa ikut serta.",
    ),
    "answer": (
        "kami jelaskan bahwa {product} tersedia dan dapat dikirim besok pagi; nomor pesanan dan ongkos kirim "
        "sudah diberitahukan.",
        "biaya yang terpotong dua kali sudah kami kembalikan ke rekening hari ini, bukti pengembalian dikirim "
        "ke e-mail.",
        "klaim garansi diterima dengan bukti transfer, barang diambil kurir lusa dan diperbaiki paling lama "
        "sepuluh hari.",
        "akses aplikasi sudah dipulihkan lewat verifikasi video, beliau berhasil masuk dan mengganti sandi "
        "selama percakapan.",
        "syarat dan manfaatnya sudah dibacakan satu per satu; formulir dikirim, tinggal ditandatangani lalu "
        "dikembalikan.",
        "alamat baru sudah dicatat dan kurir diberi tahu, perkiraan tiba bergeser satu hari menjadi hari Kamis.",
    ),
    "auto": (
        "Terima kasih telah menghubungi kami. Pesan Anda tentang {product} sudah kami terima dan akan dijawab "
        "oleh staf kami pada jam kerja (Senin–Jumat 09.00–17.00 WIB). Untuk melihat status pesanan kapan saja "
        "silakan buka aplikasi.",
        "Halo {who}, ini balasan otomatis. Kami belum dapat memahami pertanyaan Anda sepenuhnya, jadi kami "
        "teruskan kepada rekan kami. Mohon tunggu, atau balas STATUS untuk melihat pesanan dan SALDO untuk "
        "melihat saldo.",
    ),
    "missed": (
        "Panggilan masuk dari {who} di {city} tidak terangkat, semua saluran sibuk; menunggu tiga menit lalu "
        "menutup telepon. Belum meninggalkan pesan suara, mohon dihubungi balik pada jam kerja.",
        "Tidak terjawab: {who} menelepon saat pergantian jaga. Nomor dikenal, kemungkinan tentang pesanan "
        "{product} minggu lalu. Perlu ditelepon kembali hari ini juga.",
    ),
    "attempt": (
        "Menelepon {who} dua kali, nada sambung ada tetapi tidak diangkat; pesan suara tidak aktif. Dicoba lagi "
        "besok setelah makan siang, sesuai jam yang beliau pilih sendiri, atau lewat WhatsApp.",
        "{who} tidak dapat ditemui di alamat {city}; tetangga mengatakan sedang ke luar kota sampai hari Senin. "
        "Kartu nama dan brosur dititipkan, akan dihubungi lagi minggu depan.",
    ),
    "visit": (
        "Kunjungan ke rumah {who} di {city}, disambut dengan teh hangat. Melihat {product} yang dibeli, "
        "terpasang dengan baik. Dibahas juga kebutuhan anaknya yang akan masuk kuliah dan kemungkinan membuka "
        "tabungan berjangka.",
        "{who} datang ke cabang {city} bersama keluarga, antre sebentar. Membawa buku tabungan untuk dicetak dan "
        "bertanya soal {product}. Dilayani di meja dua, selesai dalam dua puluh menit dan pulang dengan senang.",
    ),
    "meeting": (
        "Rapat daring dengan {who}: meninjau pemakaian setahun, harga {product} untuk pembelian rutin, serta "
        "jadwal pengiriman ke {city}. Disepakati contoh barang dikirim minggu depan dan penawaran tertulis "
        "menyusul.",
        "Konsultasi lewat video bersama {who}. Membandingkan tabungan, deposito dan asuransi; beliau condong "
        "pada yang sederhana dan tanpa biaya tersembunyi. Salinan materi dikirim setelah pertemuan.",
    ),
    "letter": (
        "Surat kepada {who} di {city}: pemberitahuan perubahan syarat layanan mulai bulan depan beserta "
        "ringkasan hak pelanggan, ditandatangani kepala cabang dan dikirim lewat pos tercatat.",
        "Surat dari {who}: ucapan terima kasih yang ditulis tangan untuk pelayanan pemasangan {product}, "
        "disertai usul supaya jam buka cabang {city} diperpanjang pada hari Sabtu.",
    ),
    "note": (
        "{who} lebih suka dipanggil dengan nama depan, sering berbelanja untuk orang tua di {city}. Jangan "
        "menawarkan produk kredit; pernah punya pengalaman buruk di tempat lain dan sangat berhati-hati sejak "
        "itu.",
        "Catatan internal: suami/istri {who} juga pelanggan, satu nomor telepon rumah. Pastikan berbicara "
        "dengan orang yang benar sebelum menyebut saldo atau pesanan, dan tanyakan tanggal lahir untuk "
        "memastikan.",
        "Handled three times by the same colleague; {who} knows our opening hours well, compares prices of "
        "{product} online and decides fast once the delivery date is certain. Worth a personal call before the "
        "holidays.",
        "Anak {who} baru diterima kerja di {city}, keluarga sedang menabung untuk uang muka rumah. Kemungkinan "
        "butuh {product} dalam tiga bulan; tunggu sampai beliau sendiri yang membuka pembicaraan.",
    ),
    "need": (
        "{who} mencari {product} untuk dipakai di rumah baru di {city}; anggaran sudah disiapkan, ingin yang "
        "hemat listrik dan bergaransi resmi minimal dua tahun, keputusan setelah gajian bulan depan.",
        "Membutuhkan perlindungan kesehatan untuk {who} dan dua anak karena kantor yang baru tidak menanggung "
        "rawat inap; ingin premi bulanan yang tetap dan rumah sakit rekanan di {city}.",
    ),
    "promise": (
        "Berjanji menelepon {who} kembali dengan kepastian stok dan tanggal pengiriman {product}, setelah "
        "gudang {city} menjawab. Beliau menunggu kabar dan tidak mau ditelepon oleh orang lain.",
        "Akan mengirim jawaban tertulis kepada {who} mengenai biaya yang dipertanyakan, lengkap dengan rincian "
        "tiga bulan terakhir dan nama petugas yang bisa dihubungi langsung.",
        "Dijanjikan kunjungan teknisi ke rumah {who} di {city} untuk memeriksa {product}; teknisi menelepon "
        "tiga puluh menit sebelum tiba, tanpa biaya apa pun.",
    ),
    "plan": (
        "Hubungi {who} untuk menanyakan pengalaman dengan {product}, sekalian mengucapkan selamat atas "
        "kelahiran cucu pertamanya. Jangan berjualan dulu; dengarkan apakah pengiriman ke {city} sudah lebih "
        "baik.",
        "Rencana: tawarkan peninjauan tahunan kepada {who}, siapkan ringkasan belanja dan simpanan, serta "
        "tanyakan saluran yang paling nyaman. Ingat beliau hanya mau dihubungi pada jam istirahat.",
    ),
    "complaint": (
        "{who} mengeluh pesanan {product} terlambat sembilan hari dari tanggal yang dijanjikan, pelacakan "
        "berhenti di gudang {city} dan tiga kali menelepon selalu mendapat jawaban yang berbeda. Minta "
        "kepastian hari ini.",
        "Barang {product} diterima {who} dalam keadaan pecah di sudut kanan, dus penyok dan segel terbuka. Foto "
        "sudah dikirim lewat WhatsApp. Meminta penggantian baru, bukan perbaikan.",
        "Kartu {who} terdebit dua kali untuk satu pembelian di toko {city}, jumlahnya cukup besar dan dipakai "
        "untuk membayar sekolah anak. Sudah lapor cabang minggu lalu tanpa kabar apa pun.",
        "Petugas di cabang {city} melayani {who} dengan kasar dan menolak memeriksa garansi {product}; ada "
        "saksi keluarga. Beliau menuntut permintaan maaf tertulis dari kepala cabang.",
        "Aplikasi menutup sendiri setiap kali {who} membuka riwayat transaksi sejak pembaruan terakhir, "
        "transfer untuk gaji karyawan tertahan dan tidak ada yang menjawab di saluran chat.",
        "Klaim asuransi {who} sudah lima minggu tanpa keputusan padahal dokumen lengkap; rumah sakit di {city} "
        "mulai menagih langsung ke rumah. Mengancam melapor ke OJK bila tidak selesai.",
    ),
    "finding": (
        "Log pengiriman diperiksa: paket untuk {who} tertukar label di gudang {city} pada saat sortir malam, "
        "lalu kembali dua kali sebelum ditemukan. Kesalahan ada pada kami, bukan pada kurir atau alamat.",
        "Rekonsiliasi mesin EDC menunjukkan dua otorisasi dengan nomor yang sama dalam empat detik; yang kedua "
        "tidak dibatalkan otomatis. Bank penerbit dihubungi, {who} berhak atas pengembalian penuh.",
        "Rekaman telepon didengarkan bersama kepala cabang {city}. Nada petugas memang tidak pantas; {who} "
        "tetap sopan. Petugas diberi pembinaan dan surat permintaan maaf disiapkan.",
    ),
    "response": (
        "Menyampaikan kepada {who} bahwa penyebabnya sudah ditemukan dan {product} pengganti disiapkan dari "
        "gudang {city}; nomor pelacakan menyusul sore ini. Meminta maaf atas jawaban yang berbeda-beda.",
        "Memberi tahu {who} bahwa pengembalian dana diproses dan masuk dalam tiga hari kerja; bila belum "
        "diterima, cukup membalas pesan ini tanpa perlu mengulang cerita dari awal.",
    ),
    "resolution": (
        "Selesai: {product} baru diterima {who} dalam keadaan baik, barang lama diambil tanpa biaya, dan "
        "voucher diberikan sebagai tanda maaf. Beliau menyatakan puas dan akan berbelanja lagi.",
        "Dana dikembalikan penuh ke rekening {who}, bukti transfer dikirim lewat e-mail. Pemeriksaan mesin di "
        "toko {city} dijadwalkan supaya tidak terulang pada pelanggan lain.",
        "Resolved with an apology in writing and a refund of the delivery cost; {who} accepted, and asked us to "
        "tell the courier in {city} about the broken lift so that the next parcel is not left in the rain.",
    ),
    "no-answer": (
        "{who} di {city} tidak membalas setelah dua kali diingatkan lewat WhatsApp dan satu kali lewat surat. "
        "Kasus ditutup tanpa jawaban; bila foto kerusakan {product} dikirim kemudian, kasus dibuka "
        "kembali tanpa mengulang dari awal.",
    ),
    "praise": (
        "{product} sangat bagus, pengiriman ke {city} cepat dan dibungkus rapi. Penjualnya ramah dan menjawab "
        "semua pertanyaan saya sebelum membeli. Pasti akan memesan lagi untuk orang tua.",
        "Sudah langganan dua tahun dan tidak pernah kecewa. Staf di {city} mengenal saya dengan nama dan selalu "
        "mencarikan jalan keluar kalau ada masalah. Lima bintang dari kami sekeluarga.",
    ),
    "blame": (
        "Kecewa berat. {product} rusak setelah dua minggu, layanan pelanggan saling melempar dan tidak ada yang "
        "menelepon balik ke {city} seperti yang dijanjikan. Lebih baik cari toko lain saja.",
        "Antrean panjang, petugas kurang, dan harga {product} di kasir berbeda dengan di rak. Waktu saya "
        "terbuang satu jam hanya untuk mengembalikan selisih yang tidak seberapa itu.",
    ),
    "idea": (
        "Usul: buat jadwal pengiriman yang bisa dipilih per dua jam, karena pelanggan seperti saya di {city} "
        "bekerja sampai sore dan paket {product} selalu datang saat rumah kosong.",
        "Bagaimana kalau botol dan dus {product} bisa dikembalikan ke toko untuk diisi ulang dengan potongan "
        "harga? Tetangga saya di {city} juga mau ikut, dan sampahnya jauh berkurang.",
    ),
    "wish": (
        "{who} meminta: hubungi hanya pada waktu dan saluran yang disebut di formulir, dengan bahasa yang "
        "sederhana, dan jangan menelepon ke kantor di {city} karena mengganggu pekerjaan. Formulir sudah "
        "ditandatangani.",
    ),
    "consent": (
        "{who} menyetujui di formulir pendaftaran cabang {city}: data dipakai untuk layanan dan kabar dari "
        "kami, dapat dicabut kapan saja lewat aplikasi, telepon atau surat. Dibacakan dan dipahami.",
    ),
    "refusal": (
        "{who} mencabut persetujuan lewat telepon: terlalu banyak pesan penawaran, mohon dihentikan sekarang "
        "juga di semua daftar. Layanan untuk pesanan dan rekening tetap boleh. Rekaman disimpan di {city}.",
    ),
    "handling": (
        "{who} sudah lanjut usia dan pendengarannya berkurang: bicara pelan, ulangi angka, jangan terburu-buru, "
        "dan libatkan anaknya di {city} bila menyangkut uang dalam jumlah besar. Tanpa penawaran lewat telepon.",
        "Sedang berduka, orang tua {who} meninggal bulan lalu. Tidak ada penawaran dan tidak ada ucapan ulang tahun "
        "sampai beliau sendiri yang menghubungi; semua surat dialihkan ke staf yang dikenal.",
    ),
    "farewell": (
        "{who} menutup hubungan: pindah ke tempat lain yang lebih dekat dengan rumah di {city} dan kecewa "
        "karena keluhan lama tidak pernah dijawab tuntas. Meminta semua data pemasaran dihapus.",
    ),
    "handover": (
        "Serah terima: {who} di {city} terbiasa dihubungi dua kali sebulan lewat WhatsApp, suka bercerita "
        "tentang cucu, teliti soal harga {product}. Ada janji meninjau ulang simpanan sebelum akhir kuartal.",
    ),
    "english": (
        "{who} asked in English about delivery of {product} to {city} and the warranty terms; explained both "
        "and sent the form, the answer is expected by Friday. Please write in English, calls are fine after six "
        "in the evening.",
        "Spoke with {who} ({city}) about last month's statement, the double fee was ours and is refunded. "
        "Interested in {product} for the family, wants a written offer first and no more than one reminder.",
    ),
}
BARE = frozenset({"relationship", "selling", "question", "answer"})  # bodies that want an opening and a closing


def compose(dice: Dice, topic: str, who: str, city: str, product: str) -> str:
    """A note on a topic of BODIES, some 170 to 300 characters."""
    text = dice.pick(BODIES[topic])
    if topic in BARE:
        text = f"{dice.pick(OPENINGS)} {text} {dice.pick(CLOSINGS)}"
    return text.replace("{who}", who).replace("{city}", city).replace("{product}", product)
